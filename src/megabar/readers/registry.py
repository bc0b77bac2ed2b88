"""Which reader takes which file, by magic bytes and suffix; it is imported when one matches."""
