"""One mechanism for all lists: filters, pages and their cursors, time buckets, CSV."""
