"""Credentials come from the environment, and go nowhere else."""

import pytest

from vision.common.redaction import redact
from vision.config.environment import resolve_url
from vision.config.errors import ConfigError
from vision.config.sources import RtspSource

ENVIRON = {"USER_1": "adm:in", "PASSWORD": "p@ss/w#1", "EMPTY": "", "HOST": "192.0.2.7", "FROM_FILE": "secret\n"}


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("rtsp://192.0.2.1/live", "rtsp://192.0.2.1/live"),
        ("rtsp://${USER_1}:${PASSWORD}@${HOST}/live", "rtsp://adm%3Ain:p%40ss%2Fw%231@192.0.2.7/live"),
        ("rtsp://${HOST}:${PORT:-8554}/a", "rtsp://192.0.2.7:8554/a"),
        ("rtsp://a:${EMPTY}@h", "rtsp://a:@h"),
        ("rtsp://a:${EMPTY:-b}@h", "rtsp://a:b@h"),
        ("rtsp://a:${NONE:-d/@}@h/x", "rtsp://a:d%2F%40@h/x"),
        ("rtsp://a:${FROM_FILE}@h", "rtsp://a:secret@h"),
        ("rtsp://h/${HOST}@2?x=${HOST}", "rtsp://h/192.0.2.7@2?x=192.0.2.7"),
        ("rtsp://a:pa$$word@h", "rtsp://a:pa$$word@h"),
    ],
)
def test_variables_are_filled_in_and_escaped_in_credentials(written: str, used: str) -> None:
    assert resolve_url(RtspSource(url=written), ENVIRON) == used


def test_a_missing_variable_is_named_and_nothing_else_is() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_url(RtspSource(url="rtsp://${PASSWORD}:${NTS_PASSWORD}@h"), ENVIRON)
    assert "the environment variable NTS_PASSWORD is not set: export NTS_PASSWORD" in str(caught.value)
    assert "p@ss" not in str(caught.value)


def test_the_real_environment_is_asked_at_the_moment_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    source = RtspSource(url="rtsp://${NGATU_TEST_HOST}/x")
    for host in ("192.0.2.1", "192.0.2.2"):
        monkeypatch.setenv("NGATU_TEST_HOST", host)
        assert resolve_url(source) == f"rtsp://{host}/x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:12345@192.0.2.7/live", "rtsp://***@192.0.2.7/live"),
        ("rtsp://admin:p@ss/w'o\"r:d@192.0.2.7:554/x", "rtsp://***@192.0.2.7:554/x"),
        (
            "[Errno 111] Connection refused: 'rtsp://a:b@h/x' twice",
            "[Errno 111] Connection refused: 'rtsp://***@h/x' twice",
        ),
        ("rtsp://h/live?user=a&password=b&channel=1", "rtsp://h/live?user=***&password=***&channel=***"),
        ("rtsp://h/live_password=b", "rtsp://h/live_password=***"),
        ("redis://:pw@h/0, RTSPS://a@h", "redis://***@h/0, RTSPS://***@h"),
        ("redis+sentinel://u:pw@h:1,h2:2/main/0", "redis+sentinel://***@h:1,h2:2/main/0"),
        ("rtsp://192.0.2.7/live/keyframe=1", "rtsp://192.0.2.7/live/keyframe=1"),
        ("no address: a@b", "no address: a@b"),
        ("'admin:Secret@192.0.2.7/s' has no scheme", "'***@192.0.2.7/s' has no scheme"),
        ("rtsp://admin:Geheim/7@192.0.2.10/s", "rtsp://***@192.0.2.10/s"),
        ("rtsp://admin:Secret#1@camera/s", "rtsp://***"),
        ("see https://example.org/a/b.html#part.", "see https://example.org/a/b.html#***."),
    ],
)
def test_credentials_are_hidden_and_the_rest_can_be_read(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_hiding_twice_is_hiding_once() -> None:
    once = redact("rtsp://a:b@h/x?token=c")
    assert redact(once) == once
