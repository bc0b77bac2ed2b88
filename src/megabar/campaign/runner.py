"""Does what is missing, and only that."""
