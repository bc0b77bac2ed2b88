"""Molecular dynamics with any calculator of ASE, behind gates; no potential is bundled."""

from megabar.virtual.dynamics.limits import Gate, Limits
from megabar.virtual.dynamics.run import Dynamics, run_md

__all__ = ["Dynamics", "Gate", "Limits", "run_md"]
