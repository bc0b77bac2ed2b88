"""The adapter to nmrglue: raw header and array of vendor files, no axes, no meaning."""
