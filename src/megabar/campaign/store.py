"""The store of a campaign: archive files and one SQLite database."""
