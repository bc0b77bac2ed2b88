"""The live page of a running campaign; reads the store and nothing else."""
