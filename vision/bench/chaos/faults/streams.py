"""Redis that is emptied, trimmed or full."""

import shutil
from random import Random

import redis

from vision.bench.chaos.faults.fault import Fault, hold
from vision.bench.chaos.system import System, event_streams
from vision.contracts import keys

THIEF = "a-consumer-that-died"
TAKEN = 40


def empty_redis(system: System, random: Random) -> None:
    """Somebody empties Redis: streams, groups and health are gone."""
    with system.client() as client:
        client.flushall()
    hold(random)


def lose_redis_data(system: System, random: Random) -> None:
    """Redis comes back on a new, empty disk."""
    system.kill_redis()
    hold(random)
    for path in (system.folder / "redis").glob("appendonly*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    system.start_redis()


def trim_unread(system: System, random: Random) -> None:
    """Half of what arrived while the service was away is trimmed before it is back."""
    system.kill_service()
    hold(random)
    with system.client() as client:
        for stream in event_streams(client):
            client.xtrim(stream, maxlen=_unread(client, stream) // 2, approximate=False)
    system.restart_service()


def trim_pending(system: System, random: Random) -> None:
    """A consumer takes events and dies, and they are trimmed before another can claim them."""
    system.kill_service()
    hold(random)
    with system.client() as client:
        for stream in event_streams(client):
            taken = client.xreadgroup(keys.STORE_GROUP, THIEF, {stream: ">"}, count=TAKEN)
            for entry_id, _ in taken[0][1] if taken else ():
                client.xdel(stream, entry_id)
    system.restart_service()


def remove_group(system: System, random: Random) -> None:
    """The consumer group vanishes."""
    with system.client() as client:
        for stream in event_streams(client):
            client.xgroup_destroy(stream, keys.STORE_GROUP)
    hold(random)


def fill_memory(system: System, random: Random) -> None:
    """Redis is out of memory: it answers reads and refuses writes."""
    with system.client() as client:
        client.config_set("maxmemory", 1)
        try:
            hold(random)
        finally:
            client.config_set("maxmemory", 0)


def _unread(client: redis.Redis, stream: bytes) -> int:
    """Entries that the group has not read. Redis before 7 does not count them."""
    [group] = [g for g in client.xinfo_groups(stream) if g["name"] == keys.STORE_GROUP.encode()]
    last = group["last-delivered-id"].decode()
    return len(client.xrange(stream, min=f"({last}") or ())


FAULTS: tuple[Fault, ...] = (empty_redis, lose_redis_data, trim_unread, trim_pending, remove_group, fill_memory)
