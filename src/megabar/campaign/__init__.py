"""Many cells, many weeks: plan, store, runner."""
