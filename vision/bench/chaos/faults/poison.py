"""Entries, keys and files that no part of ngatu writes."""

import json
from random import Random

from vision.bench.chaos.faults.fault import Fault, hold
from vision.bench.chaos.system import System
from vision.contracts import keys

GOOD_EVENT = {
    "kind": "health_change",
    "event_id": "poison-1",
    "camera_id": "poison",
    "session_id": "poison",
    "state": "online",
    "previous": None,
    "reason": "",
    "at": "2026-01-01T00:00:00Z",
}
BAD_FIELDS = (
    {"at": "9999-12-31T23:59:59-12:00"},
    {"at": "0001-01-01T00:00:00+14:00"},
    {"at": 1e300},
    {"camera_id": "\x00"},
    {"camera_id": "\ud800"},
    {"camera_id": "x" * 100_000},
    {"reason": "\x00"},
    {"reason": "x" * 1_000_000},
    {"reason": "\ud800"},
    {"kind": "no-such-kind"},
    {"state": None},
    {"schema_version": 99},
    {"kind": "line_crossing", "track_id": 2**80, "confidence": "NaN"},
)
BAD_PAYLOADS = (b"", b"{", b"\xff\xfe", b"null", b"[]", b"1", b'"text"', b"[" * 100_000, b'{"kind": 1e999}')


def poison_streams(system: System, random: Random) -> None:
    """Entries that are no events, or events with impossible values."""
    payloads = [json.dumps(GOOD_EVENT | bad).encode() for bad in BAD_FIELDS] + list(BAD_PAYLOADS)
    random.shuffle(payloads)
    with system.client() as client:
        for payload in payloads:
            client.xadd(keys.event_stream(0), {keys.EVENT_FIELD: payload})
        client.xadd(keys.event_stream(0), {"another-field": b"1"})
    hold(random)


def poison_health(system: System, random: Random) -> None:
    """Health that cannot be, in keys and in messages."""
    health = {
        "camera_id": system.cameras[0],
        "session_id": "s",
        "worker_id": "w",
        "state": "online",
        "since": "",
        "at": "",
    }
    dates = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "nonsense")
    payloads = [json.dumps(health | {"since": date, "at": date}).encode() for date in dates] + list(BAD_PAYLOADS)
    with system.client() as client:
        for payload in payloads:
            client.set(keys.health("poison"), payload, ex=5)
            client.publish(keys.health_channel(system.cameras[0]), payload)
            client.publish(keys.live_channel(system.cameras[0]), payload)
            client.publish(keys.signal_channel(system.cameras[0]), payload)
        client.delete(keys.health("poison"))
        client.lpush(keys.health("poison"), b"a list, not a text")
        client.expire(keys.health("poison"), 5)
    hold(random)


def poison_camera_files(system: System, random: Random) -> None:
    """Files in the cameras' folder that are no camera files."""
    contents = {
        "binary": bytes(range(256)),
        "no-such-character": b'id: "\\U00110000"\nsource: {kind: rtsp, url: "rtsp://127.0.0.1/a"}\n',
        "half-an-address": b'id: half-an-address\nsource: {kind: rtsp, url: "rtsp://[::1"}\n',
        "deep": b"[" * 20_000,
        "junk": b"x: " + b"y" * 1_000_000,
        "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n",
    }
    paths = [system.camera_files / f"{name}.yaml" for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
    try:
        hold(random)
    finally:
        for path in paths:
            path.unlink()


def break_camera_file(system: System, random: Random) -> None:
    """A camera's own file is broken by a typing error, and mended."""
    path = system.camera_files / f"{random.choice(system.cameras)}.yaml"
    good = path.read_text()
    path.write_text(good[: len(good) // 2])
    try:
        hold(random)
    finally:
        path.write_text(good)


def hide_camera_folder(system: System, random: Random) -> None:
    """The cameras' folder is gone for a moment, as on a network disk."""
    hidden = system.camera_files.with_name("cameras-hidden")
    system.camera_files.rename(hidden)
    try:
        hold(random)
    finally:
        hidden.rename(system.camera_files)


FAULTS: tuple[Fault, ...] = (
    poison_streams,
    poison_health,
    poison_camera_files,
    break_camera_file,
    hide_camera_folder,
)
