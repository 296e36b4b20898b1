"""`python -m vision` is `ngatu`."""

from vision.cli import main

main()
