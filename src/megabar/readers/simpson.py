"""SIMPSON text files (.fid, .spe), read and written."""
