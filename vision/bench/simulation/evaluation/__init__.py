"""Matches reported incidents with true ones and scores them."""
