"""Progress bars and tables in the terminal."""
