"""Faults by name; each one is injected, held for some seconds, and lifted."""

from vision.bench.chaos.faults import clocks, disks, poison, processes, streams
from vision.bench.chaos.faults.fault import Fault

FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (*processes.FAULTS, *streams.FAULTS, *disks.FAULTS, *clocks.FAULTS, *poison.FAULTS)
}
"""All faults, by name."""

__all__ = ["FAULTS", "Fault"]
