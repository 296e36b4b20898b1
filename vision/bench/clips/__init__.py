"""Evaluates congestion levels and incidents on real clips against what people saw in them."""
