"""Rate laws without space: closed curves of hydrogen loss."""
