"""Arrays in, numbers with errors out. Knows no physics."""
