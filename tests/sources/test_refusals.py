"""What a camera answers when it does not play is said in words that help the person who installs it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from vision.config.sources import RtspSource
from vision.core import SystemClock
from vision.sources import SourceState
from vision.sources.connection import StreamLost
from vision.sources.rtsp import RtspCamera

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:track0\r\n"
)


def answer_to(request: str, refusals: dict[str, str]) -> str:
    """A camera's answer: 200, or the status that it refuses the method with."""
    method = request.split(maxsplit=1)[0]
    number = next(line for line in request.splitlines() if line.lower().startswith("cseq"))
    status = refusals.get(method, "200 OK")
    body = SDP if method == "DESCRIBE" and status.startswith("200") else ""
    fields = [f"RTSP/1.0 {status}", number, f"Content-Length: {len(body)}"]
    fields += ['WWW-Authenticate: Digest realm="a", nonce="b", algorithm=SHA-256'] if "401" in status else []
    fields += ["Content-Type: application/sdp"] if body else []
    return "\r\n".join((*fields, "", body))


@contextmanager
def camera_that_refuses(**refusals: str) -> Iterator[int]:
    """A camera that answers on a port and never sends a picture."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                with suppress(OSError), server.accept()[0] as client:
                    text = ""
                    while data := client.recv(4096).decode():
                        text += data
                        while "\r\n\r\n" in text:
                            request, _, text = text.partition("\r\n\r\n")
                            client.sendall(answer_to(request, refusals).encode())
                if server.fileno() < 0:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("refusals", "state", "words"),
    [
        ({"DESCRIBE": "401 Unauthorized"}, SourceState.UNAUTHORIZED, "SHA-256 digests only: allow MD5"),
        ({"DESCRIBE": "404 Not Found"}, SourceState.UNREACHABLE, "no stream of this path"),
        ({"DESCRIBE": "503 Service Unavailable"}, SourceState.UNREACHABLE, "overloaded or starting"),
        ({"SETUP": "453 Not Enough Bandwidth"}, SourceState.UNREACHABLE, "too many viewers"),
        ({"SETUP": "461 Unsupported Transport"}, SourceState.UNREACHABLE, "set `transport: udp`"),
    ],
    ids=str,
)
def test_a_refusal_says_what_to_change(refusals: dict[str, str], state: SourceState, words: str) -> None:
    with camera_that_refuses(**refusals) as port:
        source = RtspSource(url=f"rtsp://user:word@127.0.0.1:{port}/x", connect_timeout=2, read_timeout=2)
        camera = RtspCamera(source, camera_id="c", fps=12, stop=threading.Event(), clock=SystemClock())
        with pytest.raises(StreamLost) as lost:
            camera._open()
    assert lost.value.state is state
    assert words in lost.value.reason
    assert "word@" not in lost.value.reason
