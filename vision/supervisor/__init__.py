"""Starts, watches and replaces the workers of one machine."""

from vision.supervisor.folder import Folder, FolderWatch, read_folder
from vision.supervisor.supervisor import Allocation, Supervisor, WorkerStartError, allocation_for, usable_cores

__all__ = [
    "Allocation",
    "Folder",
    "FolderWatch",
    "Supervisor",
    "WorkerStartError",
    "allocation_for",
    "read_folder",
    "usable_cores",
]
