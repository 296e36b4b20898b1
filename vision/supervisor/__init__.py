"""The supervisor: as many workers as the machine deserves, and their care."""

from vision.supervisor.folder import Folder, FolderWatch, read_folder
from vision.supervisor.supervisor import HopelessError, Staff, Supervisor, staff_for, usable_cores

__all__ = ["Folder", "FolderWatch", "HopelessError", "Staff", "Supervisor", "read_folder", "staff_for", "usable_cores"]
