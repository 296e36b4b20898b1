"""Addresses are shown by an allow-list: secrets in every position stay inside the process."""

import io
import json
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from api.cameras.service import source_out
from api.storage.database import Database, DatabaseError
from tests.kit.address_kit import addresses, leaks
from vision.common import redaction
from vision.common.addresses import AddressError, public_address, secrets_of, split_address
from vision.common.logging import configure_logging
from vision.common.redaction import redact, remember_secrets
from vision.config.bus import BusError, connect, explain
from vision.config.errors import ConfigError
from vision.config.files.loading import camera_of
from vision.config.lint import lint
from vision.config.sources import RtspSource
from vision.core import SourceError, SystemClock
from vision.sources.connection import host_and_port
from vision.sources.status import SourceState, StatusTracker


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No secret is known from elsewhere."""
    monkeypatch.setattr(redaction, "_known", {True: OrderedDict(), False: OrderedDict()})
    yield
    structlog.reset_defaults()


@given(addresses())
def test_no_part_of_a_secret_is_shown_of_an_address(url: str) -> None:
    for shown in (public_address(url), redact(url), redact(f"[Errno 111] refused: '{url}' twice")):
        assert not leaks(shown), shown


@given(addresses())
def test_hiding_twice_is_hiding_once(url: str) -> None:
    assert redact(redact(url)) == redact(url)


@given(addresses())
def test_a_camera_file_is_refused_or_shown_without_its_secrets(url: str) -> None:
    content = json.dumps({"id": "c", "source": {"kind": "rtsp", "url": url}}).encode()
    try:
        camera = camera_of(content, Path("c.yaml"))
        shown = f"{source_out(camera.source).model_dump_json()} {[str(finding) for finding in lint(camera)]}"
    except ConfigError as error:
        shown = str(error)
    assert not leaks(shown), shown


@given(addresses())
def test_no_secret_is_looked_up_as_a_host(url: str) -> None:
    try:
        host, _ = host_and_port(url)
    except SourceError as error:
        host = f"{error} {error.__cause__ or ''}"
    assert not leaks(host), host


@given(addresses("redis"))
def test_a_redis_address_is_refused_or_explained_without_its_secrets(url: str) -> None:
    try:
        connect(url).close()
        shown = explain(ValueError("no"), url)
    except BusError as error:
        shown = str(error)
    assert not leaks(shown), shown


@given(addresses("postgresql"))
def test_a_database_address_is_refused_or_named_without_its_secrets(url: str) -> None:
    try:
        name = Database(url).name
    except DatabaseError as error:
        name = str(error)
    assert not leaks(name), name


@given(addresses(), st.booleans())
def test_no_secret_reaches_the_log(url: str, remembered: bool) -> None:
    sink = io.StringIO()
    configure_logging(sink)
    if remembered:
        remember_secrets(url)
    structlog.get_logger().error("camera failed", reason={"urls": [url], "error": ValueError(url)})
    assert not leaks(sink.getvalue()), sink.getvalue()


@given(addresses())
def test_no_secret_reaches_the_state_of_a_stream(url: str) -> None:
    tracker = StatusTracker(SystemClock())
    tracker.enter(SourceState.UNREACHABLE, f"{url} cannot be opened")
    assert not leaks(tracker.snapshot(0).reason)


@pytest.mark.parametrize(
    "text",
    [
        "Port could not be cast to integer value as 'hunter2'",
        'invalid dsn: password "hunter2" is wrong',
        "refused: hunter2",
        "refused: hunter%32",
    ],
)
def test_a_known_secret_is_hidden_wherever_a_library_shows_it(text: str) -> None:
    remember_secrets("rtsp://operator:hunter%32@camera/s")
    assert "hunter" not in redact(text)
    assert redact('no user "operator"') == 'no user "***"'
    assert redact("an operator looks") == "an operator looks"


def test_a_known_secret_with_a_space_is_hidden_in_an_address_of_a_text() -> None:
    remember_secrets("redis://:Kw7xQ Zq9vJ@127.0.0.1/0")
    assert redact("cannot reach redis://:Kw7xQ Zq9vJ@127.0.0.1/0") == "cannot reach redis://***@127.0.0.1/0"


def test_short_secrets_are_hidden_as_words_only() -> None:
    remember_secrets("rtsp://admin:1234@camera/s")
    assert redact("1234, 12345, code=1234") == "***, 12345, code=***"


def test_a_secret_that_is_a_word_is_hidden_where_it_is_a_value_only() -> None:
    remember_secrets("redis://camera:camera@127.0.0.1/0")
    assert redact("camera failed: the value 'camera', pass:camera") == "camera failed: the value '***', pass:***"


@pytest.mark.parametrize(
    "text", ["A" * 300_000, "a:" * 150_000, "a.b." * 80_000, "x://" + "a1" * 150_000, "a:b@" * 80_000, "user=" * 60_000]
)
def test_a_huge_text_is_read_in_a_moment(text: str) -> None:
    remember_secrets("rtsp://admin:hunter2@camera/s")
    began_s = time.process_time()
    redact(text)
    public_address(text)
    secrets_of(text)
    assert time.process_time() - began_s < 3


def test_variables_are_shown_by_name_and_their_defaults_are_not() -> None:
    url = "rtsp://${USER}:${PASSWORD:-Secret/1}@${HOST:-nvr}:${PORT}/${PATH:-Secret}"
    assert public_address(url) == "rtsp://${HOST}:${PORT}/${PATH}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://192.0.2.10:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp", "rtsp://192.0.2.10:554/user=***"),
        ("rtsps://nvr:7441/AbCdEfGhIjKlMn0p?enableSrtp", "rtsps://nvr:7441/***"),
        ("rtsp://192.0.2.10/Streaming/Channels/101?transportmode=unicast", "rtsp://192.0.2.10/Streaming/Channels/101"),
        ("rtsp://192.0.2.10/h264Preview_01_main", "rtsp://192.0.2.10/h264Preview_01_main"),
        ("rtsp://192.0.2.10/live/admin:12345", "rtsp://192.0.2.10/live/***"),
        ("rtsp://[::1", "rtsp://***"),
        ("rtsp://admin:Secret", "rtsp://***"),
        ("admin:Secret@192.0.2.10/s", "***"),
        ("unix:///run/redis.sock?db=0&password=x", "unix:///run/redis.sock"),
        ("sqlite:////var/lib/a@b [1]/ngatu.sqlite3", "sqlite:////var/lib/a@b [1]/ngatu.sqlite3"),
        ("", "***"),
    ],
)
def test_what_is_shown_of_an_address(url: str, shown: str) -> None:
    assert public_address(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:Secret#1@192.0.2.10/s",
        "rtsp://admin:12#3@camera/s",
        "rtsp://admin:Geheim/7@192.0.2.10/s",
        "rtsp://admin:12?3@camera/s",
        "rtsp://[::1/s",
        "rtsp://camera:port/s",
    ],
)
def test_an_address_with_several_readings_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(AddressError, match=r"write the password as \$\{NAME\}, or percent-encode it") as raised:
        split_address(url)
    assert "Secret" not in str(raised.value)
    with pytest.raises(ValueError, match=r"\$\{NAME\}"):
        RtspSource(url=url)


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "[1:2]", ""])
def test_a_host_that_cannot_be_looked_up_is_refused(host: str) -> None:
    with pytest.raises(AddressError):
        split_address(f"rtsp://{host}/s")


@given(st.text(max_size=40))
def test_any_text_is_shown_or_refused_but_breaks_nothing(text: str) -> None:
    for url in (text, f"rtsp://{text}", f"rtsp://a:b@{text}"):
        assert isinstance(redact(url) + public_address(url), str)
        secrets_of(url)
        with suppress(AddressError):
            split_address(url)
