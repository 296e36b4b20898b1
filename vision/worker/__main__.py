"""`python -m vision.worker ID`: what the supervisor starts."""

import sys

from vision.worker.process import main

sys.exit(main(sys.argv[1]))
