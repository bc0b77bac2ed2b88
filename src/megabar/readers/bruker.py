"""Bruker TopSpin and XWIN-NMR folders: fid and pseudo-2D ser."""
