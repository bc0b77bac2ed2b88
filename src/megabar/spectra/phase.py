"""Zero- and first-order phase."""
