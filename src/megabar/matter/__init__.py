"""What is in the cell: nuclei, crystals, pressure gauges, the cell itself."""
