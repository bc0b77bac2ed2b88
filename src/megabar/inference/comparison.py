"""Which law, or which artefact, the histories support."""
