"""What a virtual cell is made of, and the file that says so."""
