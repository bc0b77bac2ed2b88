"""Files in, Acquisition or Sweep out."""
