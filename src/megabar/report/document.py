"""One self-contained HTML file, and its tables as CSV."""
