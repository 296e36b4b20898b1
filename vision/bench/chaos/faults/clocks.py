"""Clocks that are wrong."""

from random import Random

from vision.bench.chaos.faults.fault import Fault, hold
from vision.bench.chaos.movable_clock import move_clock
from vision.bench.chaos.system import System

YEAR_S = 365.25 * 86_400
OFFSETS_S = (-26 * YEAR_S, 10 * YEAR_S, -3600.0, 3600.0, 5.0)


def move_clock_of_running_workers(system: System, random: Random) -> None:
    """The workers' clock is moved while they run, and moved back."""
    _move(system, random)


def start_workers_with_a_wrong_clock(system: System, random: Random) -> None:
    """The workers start on a machine whose clock is wrong, and which is set right later."""
    system.kill_workers(with_supervisor=True)
    move_clock(system.clock, random.choice(OFFSETS_S))
    system.restart_workers()
    hold(random)
    move_clock(system.clock, 0)


def _move(system: System, random: Random) -> None:
    move_clock(system.clock, random.choice(OFFSETS_S))
    try:
        hold(random)
    finally:
        move_clock(system.clock, 0)


FAULTS: tuple[Fault, ...] = (move_clock_of_running_workers, start_workers_with_a_wrong_clock)
