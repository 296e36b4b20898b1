"""Camera files: loading, saving, and error messages with line and column."""
