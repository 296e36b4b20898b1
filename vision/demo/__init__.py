"""The demonstration: the whole of ngatu on one machine, each part a process of its own, as in the city."""
