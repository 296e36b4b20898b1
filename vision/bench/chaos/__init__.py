"""The chaos benchmark: faults are injected into running processes, and every event is accounted for afterwards."""
