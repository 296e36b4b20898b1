"""The outbox survives kill -9, full disks and broken files."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.publishing.publishing_kit import crossing, ids_once, on_stream, until
from tests.publishing.publishing_kit import settings as bus
from vision.publishing import RedisPublisher
from vision.publishing.outbox import Outbox


def payloads(outbox: Outbox, position: int = 0) -> list[str]:
    return [entry.payload for entry in outbox.after(position, 1_000_000)]


def test_entries_are_returned_in_order_until_they_are_removed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "w")
    for number in range(10):
        outbox.append("cam", str(number))
    assert payloads(outbox) == [str(n) for n in range(10)]
    assert [entry.payload for entry in outbox.after(4, 2)] == ["4", "5"]
    outbox.remove(7)
    assert payloads(outbox) == ["7", "8", "9"]
    assert outbox.size(0) == 3
    assert outbox.size(9) == 1
    outbox.close()


@given(st.lists(st.sampled_from(["append", "remove", "rename", "reopen"]), max_size=15))
@settings(max_examples=15, deadline=None)
def test_the_outbox_holds_exactly_the_entries_not_removed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    outbox, expected, number = Outbox(folder, "w"), [], 0
    for step in steps:
        if step == "append":
            number += 1
            outbox.append("cam", str(number))
            expected.append(str(number))
        elif step == "remove" and expected:
            outbox.remove(outbox.after(0, 1)[0].position)
            expected.pop(0)
        elif step in {"reopen", "rename"}:
            outbox.close()
            outbox = Outbox(folder, "w" if step == "reopen" else f"w{number}")
            outbox.adopt()
        assert payloads(outbox) == expected
        assert outbox.size(0) == len(expected)
    outbox.close()


def test_a_killed_process_loses_no_appended_event(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from vision.publishing.outbox import Outbox\n"
        "outbox = Outbox(Path(sys.argv[1]), 'w')\n"
        "for number in range(1_000_000):\n"
        "    outbox.append('cam', str(number))\n"
        "    sys.stdout.write(f'{number}\\n'); sys.stdout.flush()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(500)]
    process.kill()
    seen += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    printed = [line.strip() for line in seen if line.endswith("\n")]
    outbox = Outbox(tmp_path, "w")
    kept = payloads(outbox)
    outbox.close()
    assert kept[: len(printed)] == printed
    assert len(kept) - len(printed) <= 1


def test_a_full_outbox_drops_the_oldest_and_counts_them(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "w", kept=1000)
    for number in range(1500):
        outbox.append("cam", str(number))
    assert outbox.size(0) <= 1000
    assert outbox.dropped == 1500 - outbox.size(0)
    assert payloads(outbox) == [str(n) for n in range(outbox.dropped, 1500)]
    outbox.close()


@pytest.mark.parametrize("torn_from", [0, 4096])
def test_a_damaged_file_is_renamed_and_replaced(tmp_path: Path, torn_from: int) -> None:
    outbox = Outbox(tmp_path, "w")
    for number in range(1000):
        outbox.append("cam", str(number))
    outbox.close()
    path = tmp_path / "w.outbox"
    path.write_bytes(path.read_bytes()[:torn_from] + b"\x00 torn by a power cut " * 500)
    outbox = Outbox(tmp_path, "w")
    outbox.append("cam", "a")
    assert payloads(outbox) == ["a"]
    outbox.close()
    assert len(list(tmp_path.glob("w.broken-*"))) == 1


def filled(folder: Path, events: int) -> Path:
    """The file of an outbox whose process has died, with a little of it in the journal."""
    outbox = Outbox(folder, "w")
    for number in range(events):
        outbox.append("cam", f'{{"event_id": "{number}", "text": "{"x" * 300}"}}')
        if number == events - 50:
            outbox._reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    copy = folder / "copy"
    copy.mkdir()
    for file in folder.glob("w.outbox*"):
        if file.suffix != ".outbox-shm":
            shutil.copy(file, copy)
    outbox.close()
    return copy / "w.outbox"


def numbers(outbox: Outbox) -> list[int]:
    return [int(json.loads(payload)["event_id"]) for payload in payloads(outbox)]


def test_all_but_the_events_of_damaged_pages_are_saved(tmp_path: Path) -> None:
    path = filled(tmp_path, 3000)
    with path.open("r+b") as file:
        for page in (40, 41, 90):
            file.seek(page * 4096)
            file.write(bytes(4096))
    outbox = Outbox(path.parent, "w")
    saved = numbers(outbox)
    assert saved == sorted(set(saved))
    assert 2900 < len(saved) < 3000
    assert outbox.dropped == 3000 - len(saved)
    outbox.close()
    assert len(list(path.parent.glob("w.broken-*"))) == 1


@given(st.lists(st.tuples(st.integers(3, 60), st.binary(min_size=64, max_size=4096)), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_whatever_pages_are_damaged_an_event_is_saved_or_lost_and_never_invented(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, bytes]]
) -> None:
    path = filled(tmp_path_factory.mktemp("outbox"), 600)
    with path.open("r+b") as file:
        for page, content in damage:
            file.seek(page * 4096)
            file.write(content)
    outbox = Outbox(path.parent, "w")
    saved = [entry.position for entry in outbox.after(0, 10_000)]
    assert len(saved) + outbox.dropped <= 600
    assert len(saved) >= 600 - 40 * len(damage)
    outbox.append("cam", "after")
    assert payloads(outbox)[-1] == "after"
    outbox.close()


def test_a_full_outbox_gives_its_space_back_once_delivered(tiny_disk: Path) -> None:
    outbox = Outbox(tiny_disk, "w")
    number = 0
    while not outbox.trouble:
        outbox.append("cam", f"{number:<2000}")
        number += 1
    outbox.remove(number)
    outbox._next_sync = 0
    outbox.remove(number)
    time.sleep(1.1)
    outbox.append("cam", "after")
    assert outbox.trouble == ""
    assert payloads(outbox) == ["after"]
    assert outbox.dropped == 0
    outbox.close()


def test_events_wait_in_memory_where_the_folder_cannot_be_written(redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    publisher = RedisPublisher(bus(redis_url), tmp_path / "file" / "outbox", "w")
    for number in range(100):
        publisher.publish(crossing(number))
    until(lambda: len(on_stream(redis_url)) == 100)
    assert "events wait in memory only" in publisher.status().trouble
    publisher.close()
    assert ids_once(on_stream(redis_url)) == [f"cam-1-{n}" for n in range(100)]


def test_a_full_disk_delays_no_event_while_redis_is_reachable(redis_url: str, tmp_path: Path) -> None:
    """Files of this process cannot grow further, as on a full disk."""
    code = (
        "import resource, sys, time\n"
        "from pathlib import Path\n"
        "from tests.publishing.publishing_kit import crossing, settings\n"
        "from vision.publishing import RedisPublisher\n"
        "publisher = RedisPublisher(settings(sys.argv[1]), Path(sys.argv[2]), 'w')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
        "troubles = set()\n"
        "for number in range(1000):\n"
        "    publisher.publish(crossing(number))\n"
        "    troubles.add(publisher.status().trouble)\n"
        "publisher.close()\n"
        "print(max(troubles, key=len), publisher.status().dropped)\n"
    )
    worker = subprocess.run(
        [sys.executable, "-c", code, redis_url, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert worker.returncode == 0, worker.stderr
    assert "free space on its disk 0" in worker.stdout
    assert ids_once(on_stream(redis_url)) == [f"cam-1-{n}" for n in range(1000)]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB, where the test may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_events_return_to_a_full_disk_once_it_has_space(tiny_disk: Path) -> None:
    outbox = Outbox(tiny_disk, "w")
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(800_000))
    for number in range(3000):
        outbox.append("cam", f"{number:<200}")
    assert "full" in outbox.trouble
    assert outbox.size(0) == 3000
    filler.unlink()
    time.sleep(1.1)
    outbox.remove(2000)
    outbox.append("cam", f"{3000:<200}")
    until(lambda: _accepts_again(outbox))
    assert outbox.dropped == 0
    everything = [int(payload) for payload in payloads(outbox)]
    outbox.close()
    again = Outbox(tiny_disk, "w")
    assert [int(payload) for payload in payloads(again)] == everything
    assert everything[:1001] == list(range(2000, 3001))
    again.close()


def test_a_worker_starts_on_a_full_disk(tiny_disk: Path, redis_url: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        (tiny_disk / "filler").write_bytes(bytes(2_000_000))
    publisher = RedisPublisher(bus(redis_url), tiny_disk / "outbox", "w")
    publisher.publish(crossing(1))
    until(lambda: len(on_stream(redis_url)) == 1)
    assert publisher.status().trouble
    publisher.close()


def _accepts_again(outbox: Outbox) -> bool:
    time.sleep(0.5)
    outbox.append("cam", f"{9999:<200}")
    return not outbox.trouble
