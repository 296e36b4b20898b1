"""A worker process: many cameras, one detector."""
