"""One rule for each kind of incident."""
