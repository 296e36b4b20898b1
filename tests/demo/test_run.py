"""`ngatu demo` from outside: a real Redis, simulated cameras, the real detector, the service."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from vision.common.ports import free_port

TIMEOUT_S = 100.0


def pids_mentioning(word: str) -> list[int]:
    """Processes whose command line holds `word`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def crossings(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/cameras", timeout=5) as answer:
        cameras = json.load(answer)["cameras"]
    return sum(line["in"] + line["out"] for camera in cameras for line in camera["counts"]["lines"].values())


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_demo_counts_traffic_until_ctrl_c_and_leaves_no_process(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "demo.log"
    with log.open("wb") as sink:
        command = [sys.executable, "-m", "vision", "demo", "--port", str(port)]
        demo = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + TIMEOUT_S
        counted = 0
        while counted < 3:
            assert time.monotonic() < end, log.read_text()
            assert demo.poll() is None, log.read_text()
            with contextlib.suppress(OSError):
                counted = crossings(port)
            time.sleep(0.5)
        folder = re.search(r"cameras\s+(\S+)/cameras", log.read_text())
        assert folder, log.read_text()
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(60)
    output = log.read_text()
    assert code == 0, output
    final = re.search(r"(\d+) crossings counted and stored", output)
    assert final, output
    assert int(final[1]) >= counted
    _, last_table = re.split(r"^ *counted *$", output, flags=re.MULTILINE)
    assert "online" in last_table, output
    assert not Path(folder[1]).exists()
    assert pids_mentioning(folder[1]) == []


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "vision", "demo", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
