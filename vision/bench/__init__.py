"""Benchmarks: accuracy of counting, tracking and incidents, cost of the analytics, and latency."""
