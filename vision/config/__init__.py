"""Configuration of cameras and processes: camera files, settings, Redis addresses."""
