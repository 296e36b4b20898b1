"""Simulated cameras: prepared clips, RTP and RTSP, and `ngatu cameras simulate`."""

import os
import signal
import socket
import subprocess
import sys
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.sources.sources_helpers import clips
from vision.common.ports import free_port
from vision.core import SourceError
from vision.demo.simulator import Access, SimulatedCameras, StreamFormat, find_clips, prepare_clip, stream_of_clip
from vision.demo.simulator.clips import fitted
from vision.demo.simulator.rtp import Packetizer, payloads, split_annexb
from vision.sources import probe

__all__ = ["clips"]


def difficult_clip(path: Path, *, rotation: int = 0, codec: str = "libx264", gop: int = 12, b_frames: int = 2) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.gop_size = gop
        if codec == "libx264":
            stream.options = {"bf": str(b_frames), "sc_threshold": "0"}
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(100):
            picture = np.full((96, 160, 3), number * 2, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_streamable_clip_is_used_unchanged(clips: dict[str, Path], tmp_path: Path) -> None:
    assert prepare_clip(clips["h264"], tmp_path, StreamFormat()) == clips["h264"]
    assert prepare_clip(clips["hevc"], tmp_path, StreamFormat()) == clips["hevc"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "properties",
    [{"rotation": -90}, {"codec": "mpeg4"}, {"b_frames": 2}, {"gop": 250, "b_frames": 0}],
    ids=["rotated", "another codec", "B-frames", "rare key frames"],
)
def test_a_clip_that_cannot_be_streamed_is_encoded(tmp_path: Path, properties: dict[str, int | str]) -> None:
    clip = difficult_clip(tmp_path / "clip.mp4", **properties)  # type: ignore[arg-type]
    done: list[float] = []
    made = prepare_clip(clip, tmp_path / "cache", StreamFormat(), done.append)
    assert made != clip
    assert done[-1] == 1.0
    assert done == sorted(done)
    before, after = probe(clip), probe(made)
    assert (after.width_px, after.height_px) == (before.width_px, before.height_px)
    assert (after.codec, after.frames) == ("h264", 100)
    units = list(islice(stream_of_clip(made).units(), 100))
    keys_s = [unit.at_s for unit in units if unit.is_key]
    assert max(b - a for a, b in pairwise(keys_s)) <= 1.01
    assert [round(unit.at_s * 25) for unit in units] == list(range(100))


def test_a_clip_is_encoded_once_per_format(clips: dict[str, Path], tmp_path: Path) -> None:
    small = StreamFormat(size=(160, 160))
    first = prepare_clip(clips["h264"], tmp_path, small)
    stamp = first.stat().st_mtime_ns
    assert prepare_clip(clips["h264"], tmp_path, small) == first
    assert first.stat().st_mtime_ns == stamp
    assert (probe(first).width_px, probe(first).height_px) == (160, 90)
    slower = prepare_clip(clips["h264"], tmp_path, StreamFormat(fps=10))
    assert slower != first
    assert probe(slower).frames == 20
    assert probe(prepare_clip(clips["h264"], tmp_path, StreamFormat(codec="hevc"))).codec == "hevc"


def test_fitted_sizes_keep_the_aspect_ratio_and_are_even() -> None:
    assert fitted(1920, 1080, (1280, 720)) == (1280, 720)
    assert fitted(720, 1280, (1280, 720)) == (404, 720)
    assert fitted(801, 601, None) == (800, 600)


def test_find_clips_reads_folders_and_names_an_empty_one(clips: dict[str, Path], tmp_path: Path) -> None:
    assert find_clips([clips["h264"].parent]) == sorted(clips.values())
    with pytest.raises(SourceError, match="it contains no video"):
        find_clips([tmp_path])
    with pytest.raises(SourceError, match=r"gone\.mp4: there is no such clip"):
        find_clips([tmp_path / "gone.mp4"])


def test_a_stream_loops_with_rising_times(clips: dict[str, Path]) -> None:
    times = [unit.at_s for unit in islice(stream_of_clip(clips["h264"]).units(), 170)]
    assert times == pytest.approx([n / 25 for n in range(170)])


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_long_nal_units_are_fragmented_and_can_be_reassembled(codec: str) -> None:
    head = {"h264": b"\x65", "hevc": b"\x26\x01"}[codec]
    nal = head + bytes(range(1, 256)) * 20
    cut = list(payloads(nal, codec))
    skip = len(head) + 1
    assert all(len(piece) <= 1400 for piece in cut)
    assert b"".join(piece[skip:] for piece in cut) == nal[len(head) :]
    assert [piece[skip - 1] >> 6 for piece in cut] == [0b10, *[0] * (len(cut) - 2), 0b01]


def test_packets_are_numbered_and_the_last_of_a_frame_is_marked() -> None:
    packetizer = Packetizer("h264", ssrc=7)
    first = packetizer.packets((b"\x67abc", b"\x65" + b"x" * 3000), 1.0)
    second = packetizer.packets((b"\x41y",), 1.04)
    assert [packet[1] >> 7 for packet in first] == [0, 0, 0, 1]
    numbers = [int.from_bytes(packet[2:4], "big") for packet in first + second]
    assert numbers == [1, 2, 3, 4, 5]
    stamps = [int.from_bytes(packet[4:8], "big") for packet in first + second]
    assert stamps == [90_000] * 4 + [93_600]


def test_nal_units_are_split_at_both_start_codes() -> None:
    assert split_annexb(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65d\0") == [b"\x67ab", b"\x68c", b"\x65d"]


def request(port: int, *lines: str) -> str:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall("\r\n".join((*lines, "CSeq: 7", "", "")).encode())
        return connection.recv(65536).decode()


def test_invalid_requests_get_the_status_of_the_rtsp_standard(clips: dict[str, Path]) -> None:
    with SimulatedCameras({"cam": stream_of_clip(clips["h264"])}) as cameras:
        url, port = cameras.urls["cam"], cameras.port
        assert request(port, f"OPTIONS {url} RTSP/1.0").startswith(
            "RTSP/1.0 200 OK\r\nCSeq: 7\r\nPublic: OPTIONS, DESCRIBE"
        )
        assert "sprop-parameter-sets=" in request(port, f"DESCRIBE {url} RTSP/1.0")
        assert request(port, f"DESCRIBE {url}x RTSP/1.0").startswith("RTSP/1.0 404 ")
        assert request(port, f"PLAY {url} RTSP/1.0").startswith("RTSP/1.0 455 ")
        assert request(port, f"RECORD {url} RTSP/1.0").startswith("RTSP/1.0 405 ")
        assert request(port, f"SETUP {url}/track0 RTSP/1.0", "Transport: RAW/RAW/UDP").startswith("RTSP/1.0 461 ")


def test_without_the_password_describe_is_refused(clips: dict[str, Path]) -> None:
    show = stream_of_clip(clips["h264"])
    with SimulatedCameras({"cam": show}, access=Access("root", "s3cret")) as cameras:
        answer = request(cameras.port, f"DESCRIBE {cameras.urls['cam']} RTSP/1.0")
        assert answer.startswith("RTSP/1.0 401 ")
        assert 'WWW-Authenticate: Digest realm="ngatu"' in answer
        assert "sprop" not in answer
        right, wrong = "Basic cm9vdDpzM2NyZXQ=", "Basic cm9vdDp3cjBuZw=="
        for authorization, status in ((right, 200), (wrong, 401), ("Basic ???", 401), ("Bearer x", 401)):
            line = f"Authorization: {authorization}"
            assert request(cameras.port, f"DESCRIBE {cameras.urls['cam']} RTSP/1.0", line).startswith(
                f"RTSP/1.0 {status}"
            )


def simulate(*arguments: str | Path) -> "subprocess.Popen[str]":
    tool = "import typer; from vision.commands.cameras import register; app = typer.Typer(); register(app); app()"
    command = [sys.executable, "-c", tool, "cameras", "simulate", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_addresses_plays_and_ends_on_a_signal(
    clips: dict[str, Path], number: signal.Signals
) -> None:
    with simulate(clips["h264"], "--count", "2", "--port", "0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines[0].endswith("/h264  h264, 25 fps\n")
        assert "/h264-2  " in lines[1]
        with av.open(lines[1].split()[0], options={"rtsp_transport": "tcp"}, timeout=5) as container:
            assert len(list(islice(container.decode(video=0), 5))) == 5
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_taken_port_is_named_with_a_remedy(clips: dict[str, Path]) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), simulate(clips["h264"], "--port", str(port)) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in errors
    assert "--port 0" in errors
