"""A worker process that watches computed traffic and keeps a journal of what it published."""

import os
import sys
from pathlib import Path

from vision.bench.chaos.computed_traffic import ComputedCamera, ComputedDetector
from vision.bench.chaos.journal import Journal
from vision.bench.chaos.movable_clock import MovableClock
from vision.config.settings import WorkerSettings
from vision.contracts import Event
from vision.worker.event_sink import RedisEventSink
from vision.worker.model_watch import LoadedModel
from vision.worker.process import WorkerParts, main

JOURNALS, CLOCK = "journals", "clock-offset"
"""Names in the state folder."""


class JournaledSink(RedisEventSink):
    """Publishes as every worker does, and notes each event once `publish` has returned: it is safe now."""

    def __init__(self, settings: WorkerSettings, worker_id: str) -> None:
        super().__init__(settings, worker_id)
        self._journal = Journal(settings.state / JOURNALS / f"{worker_id}-{os.getpid()}.journal")

    def publish(self, event: Event) -> None:
        super().publish(event)
        self._journal.add(event.event_id)


def computed_parts(state: Path) -> WorkerParts:
    """The parts of a worker that sees computed traffic."""
    return WorkerParts(
        load_model=lambda _: (LoadedModel(ComputedDetector(), "computed", "none", 1), None),
        open_source=ComputedCamera,
        open_sink=JournaledSink,
        clock=MovableClock(state / CLOCK),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], computed_parts(WorkerSettings().state)))
