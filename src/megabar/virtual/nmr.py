"""Signals of a virtual cell: free induction decays, echoes, recoveries."""
