"""Objects left on the road."""
