"""`ngatu check`: are the camera files right, do the streams come, and do the lines lie where they should?"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError, ConfigProblem
from vision.config.files.loading import camera_files, load_files
from vision.config.settings import WorkerSettings

if TYPE_CHECKING:
    from vision.checking import Tried


def register(app: typer.Typer) -> None:
    app.command()(check)


@dataclass(slots=True)
class _Row:
    """What there is to say about one file."""

    file: Path
    camera: CameraConfig | None = None
    problems: list[ConfigProblem] = field(default_factory=list)
    tried: "Tried | None" = None
    snapshot: Path | None = None

    @property
    def name(self) -> str:
        return self.camera.id if self.camera else self.file.stem

    @property
    def is_good(self) -> bool:
        return not self.problems and not (self.tried and self.tried.reason)


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders of camera files, or files; none: NGATU_CAMERAS.")
    ] = None,
    *,
    connect: Annotated[bool, typer.Option("--connect", help="Open each stream; draw its lines on a picture.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the pictures of --connect.")] = Path("snapshots"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Validate camera files: each mistake is named with file, line, key and remedy.

    Ends with 1 when there is a problem.
    """
    rows = _read(paths or [WorkerSettings().cameras])
    if connect:
        _connect(rows, out)
    if as_json:
        typer.echo(json.dumps(_as_json(rows), ensure_ascii=False, indent=2))
    else:
        _print(rows, connected=connect)
    raise typer.Exit(0 if rows and all(row.is_good for row in rows) else 1)


def _read(paths: Iterable[Path]) -> list[_Row]:
    files: dict[Path, _Row] = {}
    for path in paths:
        try:
            found = camera_files(path) if path.is_dir() or not path.suffix else [path]
        except ConfigError as error:
            files[path] = _Row(path, problems=list(error.problems))
            continue
        files.update((file, _Row(file)) for file in found)
    loaded = load_files(file for file, row in files.items() if not row.problems)
    for camera in loaded.cameras.values():
        files[camera.path].camera = camera.config
        files[camera.path].problems += _calibration_problems(camera.config, camera.path)
    for problem in loaded.problems:
        if problem.path is not None:
            files[problem.path].problems.append(problem)
    return list(files.values())


def _calibration_problems(camera: CameraConfig, path: Path) -> list[ConfigProblem]:
    """What only the arithmetic finds: points that contradict each other."""
    if camera.calibration is None:
        return []
    from vision.analytics.kinematics.ground_plane import CalibrationError, fit_calibration

    try:
        fit_calibration(camera, 1, 1)
    except CalibrationError as error:
        return [ConfigProblem(path, None, None, "calibration", error.message, error.remedy)]
    return []


def _connect(rows: list[_Row], out: Path) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from vision.checking import try_cameras

    by_id = {row.camera.id: row for row in rows if row.camera and row.camera.enabled and not row.problems}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("opening streams", total=len(by_id))
        for tried in try_cameras([row.camera for row in by_id.values() if row.camera]):
            row = by_id[tried.camera.id]
            row.tried = tried
            row.snapshot = _snapshot(tried, out)
            progress.advance(task)


def _snapshot(tried: "Tried", out: Path) -> Path | None:
    from vision.checking import draw_camera, save_jpeg

    if tried.frame is None:
        return None
    path = out / f"{tried.camera.id}.jpg"
    try:
        save_jpeg(draw_camera(tried.frame.image, tried.camera), path)
    except OSError as error:
        typer.echo(f"error: {path}: {error.strerror}; name another folder by --out", err=True)
        raise typer.Exit(1) from None
    return path


def _print(rows: list[_Row], *, connected: bool) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    console = Console()
    if not rows:
        console.print("no camera files here; docs/cameras.md shows how to write one")
        return
    columns = ("picture", "fps", "codec", "came after") if connected else ("lines", "movements", "zones")
    table = Table(Column("camera", overflow="fold"), Column("result", no_wrap=True), *columns)
    for row in rows:
        table.add_row(*_cells(row, connected=connected))
    console.print(table)
    for words in _words(rows):
        console.print(words, highlight=False, markup=False, soft_wrap=True)


def _cells(row: _Row, *, connected: bool) -> list[str]:
    if row.camera is None:
        return [row.name, f"[red]{_number(len(row.problems), 'problem')}[/]"]
    result = "[green]ok[/]" if row.is_good else "[red]no picture[/]"
    cells = [row.name, result if row.camera.enabled else "off"]
    if not connected:
        return [*cells, *(str(len(drawn)) for drawn in (row.camera.lines, row.camera.movements, row.camera.zones))]
    if row.tried is None or row.tried.frame is None:
        return cells
    tried, frame = row.tried, row.tried.frame
    size = f"{frame.width_px} x {frame.height_px}"
    return [*cells, size, f"{tried.fps:.3g}", tried.codec, f"{tried.first_picture_s:.1f} s"]


def _words(rows: list[_Row]) -> Iterable[str]:
    for row in rows:
        yield from map(str, row.problems)
        if row.tried and row.tried.reason:
            yield f"{row.file}: source: {row.tried.reason}"
    drawn = [row.snapshot for row in rows if row.snapshot]
    if drawn:
        yield f"{_number(len(drawn), 'picture')} with lines and zones drawn in {drawn[0].parent}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _as_json(rows: list[_Row]) -> dict[str, Any]:
    return {"ok": bool(rows) and all(row.is_good for row in rows), "cameras": [_row_as_json(row) for row in rows]}


def _row_as_json(row: _Row) -> dict[str, Any]:
    return {
        "id": row.name,
        "file": str(row.file),
        "ok": row.is_good,
        "enabled": row.camera.enabled if row.camera else None,
        "lines": [line.id for line in row.camera.lines] if row.camera else [],
        "movements": [movement.id for movement in row.camera.movements] if row.camera else [],
        "zones": [zone.id for zone in row.camera.zones] if row.camera else [],
        "problems": [{**asdict(problem), "path": str(problem.path)} for problem in row.problems],
        "stream": _stream_as_json(row) if row.tried else None,
    }


def _stream_as_json(row: _Row) -> dict[str, Any]:
    tried = row.tried
    assert tried is not None  # noqa: S101 - asked for only then
    frame = tried.frame
    return {
        "ok": not tried.reason,
        "reason": tried.reason,
        "width": frame.width_px if frame else None,
        "height": frame.height_px if frame else None,
        "fps": round(tried.fps, 2),
        "codec": tried.codec,
        "decode_mode": tried.decode_mode,
        "first_picture_s": round(tried.first_picture_s, 3),
        "snapshot": str(row.snapshot) if row.snapshot else None,
    }
