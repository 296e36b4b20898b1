"""Runs the chaos benchmark: injects faults one after another, lets the system settle, and accounts for every event."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from vision.bench.chaos.faults import FAULTS, Fault
from vision.bench.chaos.losses import reported_losses
from vision.bench.chaos.system import System, wait_until
from vision.common.errors import NgatuError

WARM_UP_EVENTS = 50
RECOVER_WITHIN_S = 45.0
"""After a fault is lifted, new events must be stored within this time."""
CALM_S = 2.0
"""Between the recovery and the next fault."""
SETTLE_WITHIN_S = 60.0

OnStep = Callable[[str], None]


@dataclass(slots=True)
class ChaosReport:
    """What became of the events."""

    seconds: float = 0.0
    """How long faults were injected."""
    seed: int = 0
    faults: int = 0
    events: int = 0
    """Events that workers handed over: `publish` had returned."""
    stored: int = 0
    """Those of them that the store has."""
    reported_lost: int = 0
    """Those that it has not, and whose loss the service reports."""
    lost_unreported: int = 0
    """Those that it has not, and of which nobody hears."""
    doubled: int = 0
    """Events that the store has twice."""
    restarts: int = 0
    """Parts that were started again after they died."""
    injected: dict[str, int] = field(default_factory=dict)
    """How often each fault was injected."""
    unrecovered: list[str] = field(default_factory=list)
    """Faults after which the system did not work again by itself."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost in silence or stored twice, and the system recovered from every fault."""
        return not (self.lost_unreported or self.doubled or self.unrecovered)


@dataclass(frozen=True, slots=True)
class ChaosBench:
    """Real processes on this machine, on computed traffic, disturbed by faults in a random order."""

    cameras: int = 4
    workers: int = 2
    seed: int = 1
    faults: Sequence[str] = tuple(FAULTS)
    """The names of the faults to inject."""
    folder: Path | None = None
    """Where logs and data stay; None: a temporary folder, removed at the end."""

    def run(self, seconds: float, on_step: OnStep = lambda _: None) -> ChaosReport:
        """Inject faults for `seconds`, each of them at least once, then account. Ctrl-C ends the faults early.

        Raises:
            NgatuError: a part does not start, or ended by itself.
        """
        with tempfile.TemporaryDirectory(prefix="ngatu-chaos-") as temporary:
            folder = self.folder or Path(temporary)
            system = System(folder, cameras=self.cameras, workers=self.workers)
            report = ChaosReport(seed=self.seed)
            on_step("starting Redis, the service and the workers")
            with system:
                wait_until(lambda: len(system.stored()) >= WARM_UP_EVENTS, "the first stored events")
                with suppress(KeyboardInterrupt):
                    self._inject(system, seconds, report, on_step)
                on_step("settling: the workers deliver and end, the service stores")
                _settle(system)
                _account(system, report)
        return report

    def _inject(self, system: System, seconds: float, report: ChaosReport, on_step: OnStep) -> None:
        random = Random(self.seed)  # noqa: S311
        began_s = time.monotonic()
        for name, fault in self._plan(random, lambda: time.monotonic() - began_s < seconds):
            on_step(f"{time.monotonic() - began_s:3.0f} s: {name}")
            fault(system, random)
            report.injected[name] = report.injected.get(name, 0) + 1
            report.faults += 1
            report.seconds = time.monotonic() - began_s
            if not _recovers(system):
                report.unrecovered.append(name)
            time.sleep(CALM_S)
            system.check()

    def _plan(self, random: Random, is_time_left: Callable[[], bool]) -> Iterator[tuple[str, Fault]]:
        """Each fault once in a random order, then again while time is left."""
        first = True
        while first or is_time_left():
            for name in random.sample(self.faults, len(self.faults)):
                if first or is_time_left():
                    yield name, FAULTS[name]
            first = False


def _recovers(system: System) -> bool:
    """Whether the service answers, and new events of every camera are stored."""
    before = _stored_by_camera(system)

    def goes_on() -> bool:
        now = _stored_by_camera(system)
        return system.service_answers() and all(now[camera_id] > before[camera_id] for camera_id in system.cameras)

    try:
        wait_until(goes_on, "the system to go on", RECOVER_WITHIN_S)
    except NgatuError:
        return False
    return True


def _stored_by_camera(system: System) -> Counter[str]:
    return Counter(camera_id for camera_id, _ in system.stored())


def _settle(system: System) -> None:
    system.stop_workers()
    wait_until(system.is_drained, "all events to be delivered and read", SETTLE_WITHIN_S)


def _account(system: System, report: ChaosReport) -> None:
    published = system.published()
    ids = Counter(event_id for _, event_id in system.stored())
    lost = published - ids.keys()
    unreported = lost - reported_losses(system)
    report.events = len(published)
    report.stored = len(published) - len(lost)
    report.reported_lost = len(lost) - len(unreported)
    report.lost_unreported = len(unreported)
    report.doubled = sum(times - 1 for times in ids.values())
    report.restarts = system.restarts
