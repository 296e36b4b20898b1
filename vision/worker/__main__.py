"""Runs a worker: `python -m vision.worker ID`, as the supervisor starts it."""

import sys

from vision.worker.process import main

sys.exit(main(sys.argv[1]))
