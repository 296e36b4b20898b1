"""`ngatu count`: counts the vehicles of one video."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.table import Table

from vision.commands.console import progress_bar
from vision.config.camera import CameraConfig, DetectionConfig
from vision.config.lines import LineConfig
from vision.config.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from vision.core import Frame
    from vision.counting.count import VideoCount, Watcher
    from vision.counting.render import Renderer
    from vision.detection import Detector
    from vision.pipeline import FrameResult

MIDDLE = ((0.0, 0.5), (1.0, 0.5))


def register(app: typer.Typer) -> None:
    app.command("count")(count)


def count(
    video: Annotated[Path, typer.Argument(help="The video file.")],
    *,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X0,Y0,X1,Y1",
            help="A counting line, as fractions of the image. Seen from its first point towards the second, left to "
            "right is IN. Repeatable. Default: across the middle.",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A camera file with lines, movements and settings.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model card, or an .onnx file; else the default.")] = None,
    fps: Annotated[float | None, typer.Option(help="Analysed fps. Default: 12.", min=1, max=60)] = None,
    json_to: Annotated[Path | None, typer.Option("--json", metavar="F", help="Write JSON; - for stdout.")] = None,
    csv_to: Annotated[
        Path | None, typer.Option("--csv", metavar="F", help="Write one row per crossing; - for stdout.")
    ] = None,
    render: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Write the video with tracks, lines and counts.")
    ] = None,
) -> None:
    """Count vehicles over lines in a video, as fast as the machine can.

    Ctrl-C ends it early and keeps what was counted.
    """
    from vision.counting.export import to_csv, to_json

    camera = _camera(video, line, config, fps)
    for target in (json_to, csv_to, render):
        _check_target(target, video)
    quiet = "-" in {str(json_to), str(csv_to)}
    console = Console(stderr=quiet)
    if not line and config is None:
        console.print("no --line and no --config: counting over a horizontal line through the middle of the image")
    result = _run(video, camera, _detector(model), render)
    _print(console, result)
    if json_to is not None:
        _put(json_to, json.dumps(to_json(result), indent=2, ensure_ascii=False) + "\n")
    if csv_to is not None:
        _put(csv_to, to_csv(result))


def _check_target(target: Path | None, video: Path) -> None:
    """Refuse a file that cannot or must not be written, before anything is counted."""
    if target is None or str(target) == "-":
        return
    if not target.parent.is_dir():
        raise typer.BadParameter(f"{target}: there is no folder {target.parent}")
    if target.exists() and video.exists() and target.samefile(video):
        raise typer.BadParameter(f"{target} is the video itself: name another file to write to")


def _camera(video: Path, lines: list[str] | None, config: Path | None, fps: float | None) -> CameraConfig:
    """The camera file that the options describe."""
    from vision.config.files.loading import load_camera

    if lines and config is not None:
        raise typer.BadParameter("give lines by --line or by --config, not both", param_hint="--line")
    if config is None:
        camera = CameraConfig(id="video", source=FileSource(path=str(video)), lines=_lines(lines))
    else:
        camera = load_camera(config)
        if not camera.lines:
            raise typer.BadParameter(f"{config} has no lines to count over", param_hint="--config")
    if fps is None:
        return camera
    detection = DetectionConfig.model_validate({**camera.detection.model_dump(), "fps": fps})
    return camera.model_copy(update={"detection": detection})


def _lines(texts: list[str] | None) -> tuple[LineConfig, ...]:
    if not texts:
        return (LineConfig(id="middle", start=MIDDLE[0], end=MIDDLE[1]),)
    ids = ["line"] if len(texts) == 1 else [f"line-{n}" for n in range(1, len(texts) + 1)]
    return tuple(_line(line_id, text) for line_id, text in zip(ids, texts, strict=True))


def _line(line_id: str, text: str) -> LineConfig:
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
        return LineConfig(id=line_id, start=(x0, y0), end=(x1, y1))
    except ValueError as error:
        reason = "write two different points as fractions of the image from 0 to 1, as in 0,0.6,1,0.6"
        raise typer.BadParameter(f"{text!r}: {reason}", param_hint="--line") from error


def _detector(model: str | None) -> "Detector":
    """One thread per inference: `count_video` runs one inference per CPU in parallel."""
    import logging

    from vision.common.logging import configure_logging
    from vision.detection import load_detector

    configure_logging(level=logging.WARNING)
    return load_detector(model, threads=1)


def _run(video: Path, camera: CameraConfig, detector: "Detector", render: Path | None) -> "VideoCount":
    from vision.counting.count import count_video
    from vision.sources import probe

    length_s = probe(video).duration_s
    with ExitStack() as stack:
        progress = stack.enter_context(progress_bar(f"counting {video.name}", length_s or None))

        def advance(frame: "Frame", _: "FrameResult") -> None:
            progress(frame.media_time_s, None)

        watchers: list[Watcher] = [advance]
        if render is not None:
            watchers.append(stack.enter_context(_Rendering(render, camera)))
        return count_video(video, camera, detector, watchers=watchers)


class _Rendering:
    """Renders the video as long as that works: a failure ends the video, not the count."""

    def __init__(self, path: Path, camera: CameraConfig) -> None:
        from vision.counting.render import Renderer

        self._path = path
        self._renderer: Renderer | None = Renderer(path, camera)

    def __call__(self, frame: "Frame", result: "FrameResult") -> None:
        self._try(lambda renderer: renderer(frame, result))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._try(lambda renderer: renderer.__exit__(None, None, None))

    def _try(self, step: "Callable[[Renderer], None]") -> None:
        import av

        if self._renderer is None:
            return
        try:
            step(self._renderer)
        except (av.error.FFmpegError, OSError) as error:
            self._renderer = None
            reason = error.strerror or error
            typer.secho(f"{self._path}: the video cannot be rendered ({reason}); counting goes on", fg="red", err=True)


def _print(console: Console, result: "VideoCount") -> None:
    from vision.contracts import Direction
    from vision.counting.export import by_class, totals

    table = Table("line", "class", "in", "out", "total", title=str(result.video.name))
    for line in result.camera.lines:
        by_direction = totals(result, line.id)
        for name, counts in by_class(result, line.id).items():
            table.add_row("", name, str(counts["in"]), str(counts["out"]), str(sum(counts.values())))
        both = [str(by_direction[direction]) for direction in Direction]
        table.add_row(line.id, "all", *both, str(by_direction.total()), style="bold", end_section=True)
    console.print(table)
    for movement in result.camera.movements:
        console.print(f"{movement.id}: {sum(m.movement_id == movement.id for m in result.movements)}")
    console.print(
        f"{result.video_s:.1f} s of video in {result.wall_s:.1f} s: {result.speed:.1f} times real time; "
        f"{result.processed} of {result.frames} frames analysed ({result.processed_fps:.1f} fps), model {result.model}"
    )
    for remark in _remarks(result):
        console.print(remark, style="yellow")


def _remarks(result: "VideoCount") -> list[str]:
    """Why the counts may be too low."""
    from vision.counting.count import MIN_TRACKING_FPS

    remarks = []
    if result.interrupted:
        remarks.append("interrupted: the counts are those until then")
    if result.is_cut_short:
        remarks.append(
            f"only {result.video_s:.1f} of {result.declared_s:.1f} s were there: the file is cut short, copy it again"
        )
    if result.gaps:
        remarks.append(f"the timestamps jump {result.gaps} times: the gaps are no part of the duration")
    if result.processed_fps < MIN_TRACKING_FPS:
        remarks.append(
            f"only {result.processed_fps:.1f} frames per second were analysed: below {MIN_TRACKING_FPS:g}, vehicles "
            "cannot be followed from one to the next; record or analyse more"
        )
    return remarks


def _put(path: Path, text: str) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
    else:
        path.write_text(text, encoding="utf-8")
