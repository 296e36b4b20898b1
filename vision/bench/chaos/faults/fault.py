"""What a fault is."""

import time
from random import Random
from typing import Protocol

from vision.bench.chaos.system import System

HOLD_S = (3.0, 7.0)
"""How long a fault lasts, at least and at most."""


class Fault(Protocol):
    """Disturbs a system, holds the disturbance for some seconds, and lifts it before it returns."""

    __name__: str

    def __call__(self, system: System, random: Random) -> None: ...


def hold(random: Random) -> None:
    """Wait while a fault lasts."""
    time.sleep(random.uniform(*HOLD_S))
