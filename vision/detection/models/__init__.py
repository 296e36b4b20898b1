"""Model cards, and getting, adding and testing models."""
