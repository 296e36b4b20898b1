"""Starts, watches and replaces the workers of one machine."""

from vision.supervisor.supervisor import Allocation, Supervisor, WorkerStartError, allocation_for, usable_cores

__all__ = [
    "Allocation",
    "Supervisor",
    "WorkerStartError",
    "allocation_for",
    "usable_cores",
]
