"""Processes that die, or stand still."""

from random import Random

from vision.bench.chaos.faults.fault import Fault, hold
from vision.bench.chaos.system import System


def kill_workers(system: System, random: Random) -> None:
    """All workers die; their supervisor starts them again."""
    system.kill_workers(with_supervisor=False)
    hold(random)


def kill_supervisor(system: System, random: Random) -> None:
    """The supervisor and all workers die."""
    system.kill_workers(with_supervisor=True)
    hold(random)
    system.restart_workers()


def kill_service(system: System, random: Random) -> None:
    """The service dies, whatever it was storing."""
    system.kill_service()
    hold(random)
    system.restart_service()


def kill_redis(system: System, random: Random) -> None:
    """Redis dies; its last second or two may not be in its file."""
    system.kill_redis()
    hold(random)
    system.start_redis()


def kill_everything(system: System, random: Random) -> None:
    """All processes die at once."""
    system.kill_redis()
    system.kill_workers(with_supervisor=True)
    system.kill_service()
    hold(random)
    system.start_redis()
    system.restart_service()
    system.restart_workers()


def hang_workers(system: System, random: Random) -> None:
    """All workers stand still, too shortly for the supervisor to replace them."""
    with system.stopped(system.worker_pids()):
        hold(random)


def hang_service(system: System, random: Random) -> None:
    """The service stands still."""
    with system.stopped([system.service_pid]):
        hold(random)


def hang_redis(system: System, random: Random) -> None:
    """Redis stands still: connections stay open, and nothing answers."""
    with system.stopped([system.redis_pid]):
        hold(random)


def kill_workers_without_redis(system: System, random: Random) -> None:
    """The workers die while their events wait for Redis."""
    with system.stopped([system.redis_pid]):
        hold(random)
        system.kill_workers(with_supervisor=False)


FAULTS: tuple[Fault, ...] = (
    kill_workers,
    kill_supervisor,
    kill_service,
    kill_redis,
    kill_everything,
    hang_workers,
    hang_service,
    hang_redis,
    kill_workers_without_redis,
)
