"""Frames of ab initio and molecular dynamics: trajectories in time, and shuffled training frames.

``read_trajectory`` reads an XDATCAR, a LAMMPS text dump, i-PI, XTC, TRR, DCD or any format of ASE;
``read_frames`` reads a DeePMD folder, whose frames have no order in time. Frames are no
measurement; ``read``, which the registry calls, says so.
"""

from megabar.matter.frames import Frames, minimum_image_distances
from megabar.readers.frames.beads import centroid_of_beads
from megabar.readers.frames.deepmd import read, read_frames
from megabar.readers.frames.trajectory import format_of, read_trajectory, trajectory_blocks

__all__ = [
    "Frames",
    "centroid_of_beads",
    "format_of",
    "minimum_image_distances",
    "read",
    "read_frames",
    "read_trajectory",
    "trajectory_blocks",
]
