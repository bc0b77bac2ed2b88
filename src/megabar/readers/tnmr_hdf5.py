"""HDF5 exports of TNMR."""
