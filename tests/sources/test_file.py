"""Recordings: written by the real encoder and read back."""

import threading
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vision.core import Frame, SourceError
from vision.sources import SourceState, VideoFile, probe


def write_video(path: Path, times_ms: list[int], *, rotation: int = 0, codec: str = "libx264") -> Path:
    """Write a clip whose frame n shows n as brightness, at the given times."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {"crf": "1", "g": "12"}
        if rotation:
            stream.set_display_rotation(rotation)
        for number, at_ms in enumerate(times_ms):
            picture = np.full((48, 64, 3), 60 + number, np.uint8)
            picture[:24, :32] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [n * 40 for n in range(50)])


def shown_number(frame: Frame) -> int:
    """The number from the brightness; the conversion to BGR makes it 3 levels darker."""
    return round(float(frame.image[frame.height_px // 2 + 8 :].mean())) - 57


def test_every_frame_has_its_decode_index_and_media_time(clip: Path) -> None:
    frames = list(VideoFile(clip).frames())
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.media_time_s for frame in frames] == pytest.approx([n * 0.04 for n in range(50)])
    assert all(abs(shown_number(frame) - frame.index) <= 1 for frame in frames)


def test_only_due_frames_are_yielded_with_their_index_and_all_are_counted(clip: Path) -> None:
    source = VideoFile(clip, fps=5)
    frames = list(source.frames())
    assert [frame.index for frame in frames] == list(range(0, 50, 5))
    assert all(abs(shown_number(frame) - frame.index) <= 1 for frame in frames)
    status = source.status()
    assert (status.frames_received, status.frames_converted, status.frames_dropped) == (50, 10, 0)
    assert status.state is SourceState.ENDED
    assert (status.width_px, status.height_px, status.codec) == (64, 48, "h264")
    assert status.decode_mode.startswith("software, ")


def test_a_variable_frame_rate_keeps_its_timestamps(tmp_path: Path) -> None:
    times_ms = [0, 40, 80, 500, 540, 2000, 2005, 3000]
    frames = list(VideoFile(write_video(tmp_path / "vfr.mkv", times_ms)).frames())
    assert [frame.media_time_s for frame in frames] == pytest.approx([t / 1000 for t in times_ms])


def test_hevc_is_read(tmp_path: Path) -> None:
    source = VideoFile(write_video(tmp_path / "clip.mkv", [0, 40, 80], codec="libx265"))
    assert len(list(source.frames())) == 3
    assert source.status().codec == "hevc"


@pytest.mark.parametrize(("rotation", "bright_corner"), [(-90, (0, -1)), (90, (-1, 0)), (180, (-1, -1)), (0, (0, 0))])
def test_a_rotated_recording_is_upright(tmp_path: Path, rotation: int, bright_corner: tuple[int, int]) -> None:
    path = write_video(tmp_path / "turned.mp4", [0, 40], rotation=rotation)
    frame = next(VideoFile(path).frames())
    wanted = (48, 64, 3) if rotation in (0, 180) else (64, 48, 3)
    assert frame.image.shape == wanted
    assert frame.image[bright_corner].min() > 200
    assert (frame.image > 200).mean() < 0.4
    assert (probe(path).width_px, probe(path).height_px) == (wanted[1], wanted[0])


def test_capture_times_start_at_started_at(clip: Path) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    frames = list(VideoFile(clip, started_at=noon).frames())
    assert frames[0].captured_at == noon
    assert frames[-1].captured_at - noon == pytest.approx(timedelta(seconds=1.96), abs=timedelta(milliseconds=1))


def test_index_and_media_time_go_on_in_a_loop(clip: Path) -> None:
    frames = []
    for frame in VideoFile(clip, loop=True).frames():
        frames.append(frame)
        if len(frames) == 120:
            break
    assert [frame.index for frame in frames] == list(range(120))
    assert [frame.media_time_s for frame in frames] == pytest.approx([n * 0.04 for n in range(120)])
    assert shown_number(frames[50]) == shown_number(frames[0])


def test_a_paced_recording_plays_in_real_time(clip: Path) -> None:
    began, now = time.monotonic(), datetime.now(UTC)
    frames = list(VideoFile(clip, paced=True).frames())
    assert 1.9 < time.monotonic() - began < 3
    assert len(frames) >= 45
    for frame in frames:
        assert abs((frame.captured_at - now).total_seconds() - frame.media_time_s) < 0.5


def test_a_slow_consumer_of_a_paced_recording_gets_the_newest_frame(clip: Path) -> None:
    source = VideoFile(clip, paced=True)
    ages_s = []
    for frame in source.frames():
        ages_s.append((datetime.now(UTC) - frame.captured_at).total_seconds())
        time.sleep(0.3)
    status = source.status()
    assert len(ages_s) <= 8
    assert max(ages_s) < 0.2
    assert status.frames_received == 50
    assert status.frames_converted + status.frames_dropped == 50


@pytest.mark.parametrize("paced", [True, False])
def test_stop_ends_the_frames_at_once(clip: Path, paced: bool) -> None:
    stop = threading.Event()
    source = VideoFile(clip, loop=True, paced=paced, stop=stop)
    threading.Timer(0.3, stop.set).start()
    for _ in source.frames():
        pass
    assert source.status().state is SourceState.STOPPED
    began = time.monotonic()
    assert list(source.frames()) == []
    assert time.monotonic() - began < 0.5


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    source = VideoFile(tmp_path / "nowhere.mp4")
    with pytest.raises(SourceError, match=r"nowhere\.mp4: there is no such file"):
        list(source.frames())
    assert source.status().state is SourceState.UNREACHABLE
    assert "nowhere.mp4" in source.status().reason


@pytest.mark.parametrize("paced", [True, False])
def test_a_file_that_is_no_video_is_named(tmp_path: Path, paced: bool) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear camera, " * 100)
    with pytest.raises(SourceError, match=r"letter\.mp4: it cannot be read as a video"):
        list(VideoFile(path, paced=paced).frames())


def test_a_truncated_recording_yields_the_frames_it_has(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mkv", [n * 40 for n in range(100)])
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    frames = list(VideoFile(cut).frames())
    assert 10 < len(frames) < 100


def test_probe_returns_size_rate_and_duration(clip: Path) -> None:
    info = probe(clip)
    assert (info.width_px, info.height_px, info.codec) == (64, 48, "h264")
    assert info.fps == pytest.approx(25, abs=0.6)
    assert info.duration_s == pytest.approx(2, abs=0.1)
    assert info.frames == pytest.approx(50, abs=2)


@pytest.mark.shared
def test_portrait_phone_clips_are_upright(shared: Path) -> None:
    frame = next(VideoFile(shared / "clips" / "vn_road_22s_portrait.mp4").frames())
    assert (frame.width_px, frame.height_px) == (720, 1280)
