"""Recordings as phones, cheap cameras and careless copies leave them: counted as a player shows them, or refused."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from vision.core import Frame, SourceError
from vision.demo.simulator.clips import StreamFormat, prepare_clip
from vision.demo.simulator.media import stream_of_clip
from vision.sources import VideoFile, probe

WIDTH, HEIGHT = 160, 96


def picture(number: int) -> np.ndarray:
    """White in the upper left corner, and a little brighter from frame to frame."""
    image = np.full((HEIGHT, WIDTH, 3), number % 80 * 2, np.uint8)
    image[: HEIGHT // 2, : WIDTH // 2] = 255
    return image


def encode(
    path: Path, frames: int = 30, *, fps: Fraction = Fraction(25), format_name: str | None = None, first_s: float = 0.0
) -> Path:
    """A recording of computed pictures."""
    with av.open(f"file:{path}", "w", format=format_name) as container:
        stream = container.add_stream("libx264", rate=fps, options={"bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", 10
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = round((number / fps + first_s) * 90_000), Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read(path: Path, **options: object) -> list[Frame]:
    return list(VideoFile(path, **options).frames())  # type: ignore[arg-type]


def is_white(frame: Frame) -> list[list[bool]]:
    """Whether each quarter of the image is white: [[upper left, upper right], [lower left, lower right]]."""
    rows, columns = (HEIGHT // 4, 3 * HEIGHT // 4), (WIDTH // 4, 3 * WIDTH // 4)
    return [[bool(frame.image[y, x].min() > 200) for x in columns] for y in rows]


def test_a_name_with_colons_is_a_file_and_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    encode(Path("2024-01-01T12:30:00.mp4"))
    assert len(read(Path("2024-01-01T12:30:00.mp4"))) == 30


def test_a_cover_picture_before_the_film_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        film = container.add_stream("libx264", rate=25, options={"bf": "0", "preset": "ultrafast"})
        film.width, film.height, film.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        container.mux(cover.encode(av.VideoFrame.from_ndarray(picture(0), format="bgr24")))
        container.mux(cover.encode(None))
        for number in range(30):
            container.mux(film.encode(av.VideoFrame.from_ndarray(picture(number), format="bgr24")))
        container.mux(film.encode(None))
    assert probe(path).codec == "h264"
    assert len(read(path)) == 30


def test_a_single_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "still.jpg"
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0), format="bgr24")))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="a single picture, not a video"):
        read(path)


def mirror(path: Path, target: Path, scales: tuple[int, int]) -> Path:
    """Write the factors of x and y into the display matrix of a recording's track."""
    content = bytearray(path.read_bytes())
    at = content.find(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", scales[0] << 16, 0, 0, 0, scales[1] << 16, 0, 0, 0, 1 << 30)
    content[at : at + 36] = matrix
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(
    ("scales", "white"),
    [
        ((1, 1), [[True, False], [False, False]]),
        ((-1, 1), [[False, True], [False, False]]),
        ((1, -1), [[False, False], [True, False]]),
        ((-1, -1), [[False, False], [False, True]]),
    ],
)
def test_a_mirrored_recording_is_shown_as_players_show_it(
    tmp_path: Path, scales: tuple[int, int], white: list[list[bool]]
) -> None:
    path = mirror(encode(tmp_path / "plain.mp4"), tmp_path / "mirrored.mp4", scales)
    assert is_white(read(path)[5]) == white


def test_a_raw_stream_lasts_as_long_as_its_own_rate_says(tmp_path: Path) -> None:
    path = encode(tmp_path / "pi.h264", 60, fps=Fraction(30_000, 1001), format_name="h264")
    assert read(path)[-1].media_time_s == pytest.approx(59 * 1001 / 30_000, abs=0.01)


def test_a_raw_stream_is_encoded_before_it_is_simulated(tmp_path: Path) -> None:
    raw = encode(tmp_path / "pi.h264", format_name="h264")
    made = prepare_clip(raw, tmp_path / "cache", StreamFormat())
    assert made != raw
    units = stream_of_clip(made).units()
    assert len([next(units) for _ in range(40)]) == 40
    with pytest.raises(SourceError, match="no timestamps"):
        stream_of_clip(raw)


def joined(target: Path, parts: Iterable[Path]) -> Path:
    target.write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


@pytest.mark.parametrize("later_s", [3600.0, 7200.0])
def test_joined_recordings_go_on_at_once_and_the_gap_is_counted(tmp_path: Path, later_s: float) -> None:
    early = encode(tmp_path / "a.ts", format_name="mpegts", first_s=3600)
    late = encode(tmp_path / "b.ts", format_name="mpegts", first_s=3600 + later_s)
    for order in ((early, late), (late, early)):
        path = joined(tmp_path / "joined.ts", order)
        source = VideoFile(path)
        frames = list(source.frames())
        assert len(frames) == 60
        assert frames[-1].media_time_s == pytest.approx(59 / 25, abs=0.1)
        assert source.gaps == 1


def test_of_a_file_cut_short_the_declared_duration_is_known(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mkv", 100)
    half = tmp_path / "half.mkv"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source = VideoFile(half)
    frames = list(source.frames())
    assert 10 < len(frames) < 90
    assert source.declared_s == pytest.approx(4.0, abs=0.1)
