"""The demonstration: the whole system on one machine, with simulated cameras."""
