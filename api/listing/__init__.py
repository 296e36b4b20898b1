"""Lists of what is stored, one mechanism for all: filters, pages and their cursors, buckets of time, CSV."""
