"""What every part uses: errors, paths, atomic files, ports, downloads, progress, logging, object classes."""
