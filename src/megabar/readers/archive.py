"""The archive format: one acquisition, one immutable netCDF-4 file."""
