"""CSV and other text tables with a stated column map; CSV out."""
