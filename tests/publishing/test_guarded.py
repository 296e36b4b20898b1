"""Publishing to real servers with a password, with TLS, and with Sentinel."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from tests.kit.shared_data import needs
from tests.publishing.publishing_kit import crossing, health, ids_once, kill, settings, until
from vision.common.ports import free_port
from vision.config.bus import connect, connect_async
from vision.contracts import EVENT, Event, keys
from vision.publishing import LivePublisher, RedisPublisher
from vision.publishing.embedded import find_server


@contextmanager
def running(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A redis-server with these options; it is killed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(find_server()), *options], cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with connect(url, timeout_s=1, retries=0) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def events_at(url: str) -> list[Event]:
    with connect(url) as client:
        return [EVENT.validate_json(fields[b"event"]) for _, fields in client.xrange(keys.event_stream(0))]


def test_a_user_with_a_password_and_rights_only_to_ngatu_keys_can_publish(tmp_path: Path) -> None:
    port = free_port()
    rights = "user worker on >p@ss/word resetchannels ~ngatu:* &ngatu:* +@all -@dangerous"
    (tmp_path / "conf").write_text(f"bind 127.0.0.1\nport {port}\nsave ''\nuser default off\n{rights}\n")
    url = f"redis://worker:p%40ss%2Fword@127.0.0.1:{port}/0"
    with running(tmp_path, str(tmp_path / "conf")):
        until(lambda: answers(url))
        publisher, live = RedisPublisher(settings(url), tmp_path / "outbox", "w"), LivePublisher(settings(url))
        publisher.publish(crossing(1))
        live.publish_health(health())
        live.is_watched("cam-1")
        publisher.close()
        live.close()
        assert ids_once(events_at(url)) == ["cam-1-1"]
        with connect(url) as client:
            assert client.exists(keys.health("cam-1"))


def test_a_wrong_password_is_reported_and_events_wait(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, "--bind", "127.0.0.1", "--port", str(port), "--requirepass", "right", "--save", ""):
        until(lambda: answers(f"redis://:right@127.0.0.1:{port}"))
        publisher = RedisPublisher(settings(f"redis://:wrong@127.0.0.1:{port}"), tmp_path / "outbox", "w")
        publisher.publish(crossing(1))
        until(lambda: "check the user and password" in publisher.status().trouble)
        assert publisher.status().size == 1
        assert "wrong@" not in publisher.status().trouble
        publisher.close(timeout_s=0.1)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority and its certificate for 127.0.0.1."""
    if shutil.which("openssl") is None:
        needs("openssl makes the certificates")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
    for line in (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca "
        "-addext keyUsage=critical,keyCertSign",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout redis.key -out redis.csr -subj /CN=redis",
        "x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out redis.pem -days 2 -extfile ext",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls_port(certificates: Path, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    options = f"--bind 127.0.0.1 --port 0 --tls-port {port} --tls-auth-clients no --tls-ca-cert-file ca.pem".split()
    options += ["--tls-cert-file", "redis.pem", "--tls-key-file", "redis.key", "--save", ""]
    with running(certificates, *options) as server:
        url = f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificates}/ca.pem"
        until(lambda: answers(url) or server.poll() is not None)
        if server.poll() is not None:
            needs("this redis-server was built without TLS; Debian's has it")
        yield port


async def test_events_go_through_tls(tls_port: int, certificates: Path, tmp_path: Path) -> None:
    url = f"rediss://127.0.0.1:{tls_port}?ssl_ca_certs={certificates}/ca.pem"
    publisher = RedisPublisher(settings(url), tmp_path, "w")
    publisher.publish(crossing(1))
    publisher.close()
    async with connect_async(url) as client:
        assert await client.xlen(keys.event_stream(0)) == 1


def test_an_untrusted_certificate_is_refused_and_reported(tls_port: int, tmp_path: Path) -> None:
    publisher = RedisPublisher(settings(f"rediss://127.0.0.1:{tls_port}"), tmp_path, "w")
    publisher.publish(crossing(1))
    until(lambda: "check the certificates" in publisher.status().trouble)
    publisher.close(timeout_s=0.1)


def test_events_go_on_when_a_sentinel_promotes_the_replica(tmp_path: Path) -> None:
    first, second, watcher = free_port(), free_port(), free_port()
    plain = ("--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay", "0", "--requirepass", "pw")
    plain += ("--masterauth", "pw")
    (tmp_path / "sentinel.conf").write_text(
        f"bind 127.0.0.1\nport {watcher}\nsentinel monitor main 127.0.0.1 {first} 1\nsentinel auth-pass main pw\n"
        "sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 3000\n"
    )
    replica = f"redis://:pw@127.0.0.1:{second}"
    url = f"redis+sentinel://:pw@127.0.0.1:1,127.0.0.1:{watcher}/main/0"
    with (
        running(tmp_path / "1", "--port", str(first), *plain) as master,
        running(tmp_path / "2", "--port", str(second), "--replicaof", "127.0.0.1", str(first), *plain),
        ExitStack() as guard,
    ):
        until(lambda: answers(replica) and _replicates(replica))
        # A sentinel asks the master for its replicas when it starts, and then every ten seconds: start it now.
        guard.enter_context(running(tmp_path / "3", str(tmp_path / "sentinel.conf"), "--sentinel"))
        until(lambda: answers(url) and _knows_a_replica(watcher), 30)
        publisher, live = RedisPublisher(settings(url), tmp_path / "outbox", "w"), LivePublisher(settings(url))
        for number in range(100):
            publisher.publish(crossing(number))
        until(lambda: publisher.status().delivered >= 100)
        kill(master.pid)
        for number in range(100, 200):
            publisher.publish(crossing(number))
        live.publish_health(health())
        until(lambda: len(ids_once(events_at(replica))) == 200, 20)
        live.publish_health(health())
        publisher.close()
        live.close()
        assert ids_once(events_at(url)) == [f"cam-1-{n}" for n in range(200)]
        with connect(replica) as client:
            assert client.exists(keys.health("cam-1"))


def _replicates(url: str) -> bool:
    with connect(url, retries=0) as client:
        return client.info("replication").get("master_link_status") == "up"


def _knows_a_replica(sentinel_port: int) -> bool:
    with redis.Redis(port=sentinel_port) as client:
        state = client.sentinel_masters()["main"]
        return state["num-slaves"] == 1 and state["is_master"]
