"""Runs the supervisor on computed traffic, set by `NGATU_…`: `python -m vision.bench.chaos.work`."""

import os
import signal
import sys

from vision.common.logging import configure_logging
from vision.config.files.folder import FolderWatch
from vision.config.settings import WorkerSettings
from vision.supervisor import Allocation, Supervisor

WORKER = "vision.bench.chaos.worker"


def main() -> int:
    """Run until SIGTERM. Returns the exit code."""
    configure_logging(worker="supervisor")
    settings = WorkerSettings()
    environment = {name: value for name, value in os.environ.items() if name.startswith("NGATU_")}
    supervisor = Supervisor(FolderWatch(settings.cameras), Allocation(settings.workers, 1), environment, worker=WORKER)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop())
    return 0 if supervisor.run() else 1


if __name__ == "__main__":
    sys.exit(main())
