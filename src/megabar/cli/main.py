"""Entry point: a table of verbs, each imported when it is called."""
