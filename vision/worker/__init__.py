"""A worker: many cameras, one detector, one process."""
