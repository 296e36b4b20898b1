"""Shared basics: errors, paths, files, processes, ports, progress, logging, object classes, traffic lights."""
