"""Disks that are full, and files that are damaged."""

from pathlib import Path
from random import Random

from vision.bench.chaos.faults.fault import Fault, hold
from vision.bench.chaos.system import System

PAGE = 4096


def fill_outbox_disk(system: System, random: Random) -> None:
    """The workers' disk is full while Redis stands still, so that events can neither leave nor be kept on disk."""
    pids = system.worker_pids()
    with system.stopped([system.redis_pid]), system.full_disk(pids, system.outbox_files()):
        hold(random)
    hold(random)


def fill_database_disk(system: System, random: Random) -> None:
    """The database's disk is full."""
    files = list(system.folder.glob(f"{system.database.name}*"))
    with system.full_disk([system.service_pid], files):
        hold(random)


def damage_outbox(system: System, random: Random) -> None:
    """The machine loses power while events wait: a page of each outbox is not what was written."""
    system.kill_redis()
    hold(random)
    system.kill_workers(with_supervisor=True)
    for path in system.outbox_files():
        if path.suffix == ".outbox":
            _damage(path, random)
    system.start_redis()
    system.restart_workers()


def damage_learned_state(system: System, random: Random) -> None:
    """What the cameras have learned is unreadable when the workers start again."""
    for path in (system.state / "learned").glob("*"):
        path.write_bytes(random.randbytes(1000))
    system.kill_workers(with_supervisor=False)
    hold(random)


def _damage(path: Path, random: Random) -> None:
    pages = path.stat().st_size // PAGE
    if pages < 3:
        return
    with path.open("r+b") as file:
        file.seek(random.randrange(2, pages) * PAGE)
        file.write(random.randbytes(PAGE // 2))


FAULTS: tuple[Fault, ...] = (fill_outbox_disk, fill_database_disk, damage_outbox, damage_learned_state)
