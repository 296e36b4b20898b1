"""Measures the processor time and the memory of the analytics on synthetic tracks."""
