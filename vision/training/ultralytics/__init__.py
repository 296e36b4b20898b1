"""Runs Ultralytics (AGPL-3.0) as a separate process that trains a detector."""
