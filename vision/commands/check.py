"""`ngatu check`: validates camera files, opens their streams and draws their lines and zones."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vision.commands.console import quiet_logs
from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError, ConfigProblem
from vision.config.files.loading import camera_files, load_files, located
from vision.config.lint import lint
from vision.config.settings import WorkerSettings

if TYPE_CHECKING:
    from vision.checking import ProbeResult


def register(app: typer.Typer) -> None:
    app.command()(check)


@dataclass(slots=True)
class _Row:
    """The results for one file."""

    file: Path
    camera: CameraConfig | None = None
    problems: list[ConfigProblem] = field(default_factory=list)
    warnings: list[ConfigProblem] = field(default_factory=list)
    notes: list[ConfigProblem] = field(default_factory=list)
    probed: "ProbeResult | None" = None
    snapshot: Path | None = None

    @property
    def name(self) -> str:
        return self.camera.id if self.camera else self.file.stem

    @property
    def is_good(self) -> bool:
        return not self.problems and not (self.probed and self.probed.reason)


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Folders of camera files, or files; none: NGATU_CAMERAS.")
    ] = None,
    *,
    connect: Annotated[bool, typer.Option("--connect", help="Open each stream; draw its lines on an image.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for the images of --connect.")] = Path("snapshots"),
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are problems too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Validate camera files: each problem is reported with file, line, key and remedy.

    Warnings name what is valid and most likely a mistake: a password in the file, a variable that is not set, two lines
    at one place, a speed limit without a calibration. The exit code is 1 when there is a problem; with --strict also
    when there is a warning.
    """
    quiet_logs()
    rows = _read(paths or [WorkerSettings().cameras])
    if connect:
        _connect(rows, out)
    if as_json:
        typer.echo(json.dumps(_as_json(rows), ensure_ascii=False, indent=2))
    else:
        _print(rows, connected=connect)
    is_good = rows and all(row.is_good and not (strict and row.warnings) for row in rows)
    raise typer.Exit(0 if is_good else 1)


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
        row = files[camera.path]
        row.camera = camera.config
        row.warnings += located(lint(camera.config), camera.path)
        _check_calibration(row, camera.config)
    for problem in loaded.problems:
        if problem.path is not None:
            files[problem.path].problems.append(problem)
    return list(files.values())


def _check_calibration(row: _Row, camera: CameraConfig) -> None:
    """What only the fit finds: points that contradict each other, and what the scale implies."""
    if camera.calibration is None:
        return
    from vision.analytics.kinematics.ground_plane import CalibrationError
    from vision.checking.scale import scale_notes, scale_warnings

    try:
        row.notes += located(scale_notes(camera), row.file)
        row.warnings += located(scale_warnings(camera), row.file)
    except CalibrationError as error:
        row.problems.append(ConfigProblem(row.file, None, None, "calibration", error.message, error.remedy))


def _measure_vehicles(rows: list[_Row]) -> None:
    """Compare the vehicles in the pictures of calibrated cameras with their usual sizes."""
    from vision.checking.scale import vehicle_warnings
    from vision.core import ModelError
    from vision.detection import load_detector

    calibrated = [row for row in rows if row.camera and row.camera.calibration and row.probed and row.probed.frame]
    if not calibrated:
        return
    try:
        detector = load_detector()
    except ModelError as error:
        typer.echo(f"vehicles not measured: {error}", err=True)
        return
    for row in calibrated:
        assert row.camera is not None and row.probed is not None and row.probed.frame is not None  # noqa: S101, PT018
        frame = row.probed.frame
        (found,) = detector.detect([frame.image])
        row.warnings += located(vehicle_warnings(row.camera, frame, found), row.file)


def _connect(rows: list[_Row], out: Path) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from vision.checking import probe_cameras

    by_id = {row.camera.id: row for row in rows if row.camera and row.camera.enabled and not row.problems}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("opening streams", total=len(by_id))
        for probed in probe_cameras([row.camera for row in by_id.values() if row.camera]):
            row = by_id[probed.camera.id]
            row.probed = probed
            row.snapshot = _snapshot(probed, out)
            progress.advance(task)
    _measure_vehicles(rows)


def _snapshot(probed: "ProbeResult", out: Path) -> Path | None:
    from vision.checking import draw_camera, save_jpeg

    if probed.frame is None:
        return None
    path = out / f"{probed.camera.id}.jpg"
    try:
        save_jpeg(draw_camera(probed.frame.image, probed.camera), path)
    except OSError as error:
        typer.echo(f"error: {path}: {error.strerror}; name another folder by --out", err=True)
        raise typer.Exit(1) from None
    return path


def _print(rows: list[_Row], *, connected: bool) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    console = Console()
    if not rows:
        console.print("no camera files; see docs/cameras.md")
        return
    columns = ("size", "fps", "codec", "first frame") if connected else ("lines", "movements", "zones")
    table = Table(Column("camera", overflow="fold"), Column("result", no_wrap=True), *columns)
    for row in rows:
        table.add_row(*_cells(row, connected=connected))
    console.print(table)
    for message in _messages(rows):
        console.print(message, highlight=False, markup=False, soft_wrap=True)


def _cells(row: _Row, *, connected: bool) -> list[str]:
    if row.camera is None:
        return [row.name, f"[red]{_number(len(row.problems), 'problem')}[/]"]
    result = "[green]ok[/]" if row.is_good else "[red]no frame[/]"
    result += f", [yellow]{_number(len(row.warnings), 'warning')}[/]" if row.warnings else ""
    cells = [row.name, result if row.camera.enabled else "disabled"]
    if not connected:
        return [*cells, *(str(len(drawn)) for drawn in (row.camera.lines, row.camera.movements, row.camera.zones))]
    if row.probed is None or row.probed.frame is None:
        return cells
    probed, frame = row.probed, row.probed.frame
    size = f"{frame.width_px} x {frame.height_px}"
    return [*cells, size, f"{probed.fps:.3g}", probed.codec, f"{probed.first_picture_s:.1f} s"]


def _messages(rows: list[_Row]) -> Iterable[str]:
    for row in rows:
        yield from map(str, row.problems)
        yield from (f"warning: {warning}" for warning in row.warnings)
        yield from (f"note: {note}" for note in row.notes)
        if row.probed and row.probed.reason:
            yield f"{row.file}: source: {row.probed.reason}"
    snapshots = [row.snapshot for row in rows if row.snapshot]
    if snapshots:
        yield f"{_number(len(snapshots), 'image')} with lines and zones drawn in {snapshots[0].parent}"


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
        "warnings": [{**asdict(warning), "path": str(warning.path)} for warning in row.warnings],
        "notes": [{**asdict(note), "path": str(note.path)} for note in row.notes],
        "stream": _stream_as_json(row) if row.probed else None,
    }


def _stream_as_json(row: _Row) -> dict[str, Any]:
    probed = row.probed
    assert probed is not None  # noqa: S101 - asked for only then
    frame = probed.frame
    return {
        "ok": not probed.reason,
        "reason": probed.reason,
        "width": frame.width_px if frame else None,
        "height": frame.height_px if frame else None,
        "fps": round(probed.fps, 2),
        "codec": probed.codec,
        "decode_mode": probed.decode_mode,
        "first_picture_s": round(probed.first_picture_s, 3),
        "snapshot": str(row.snapshot) if row.snapshot else None,
    }
