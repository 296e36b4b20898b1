"""Detects objects left on the road."""
