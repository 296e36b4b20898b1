"""`ngatu bench incidents`: detection rates, delays, false alarms and measuring errors on simulated traffic."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from rich.console import Console

QUICK_EVENTS, QUICK_HOURS = 1, 0.125


def register(bench: typer.Typer) -> None:
    """Add `incidents` to the group `bench`."""
    bench.command("incidents")(incidents)


def incidents(
    *,
    events: Annotated[int, typer.Option(help="Incidents of each kind.", min=0)] = 110,
    hours: Annotated[float, typer.Option(help="Camera-hours without incidents.", min=0)] = 240,
    quick: Annotated[
        bool, typer.Option("--quick", help="One incident of each kind, and 7.5 minutes without incidents.")
    ] = False,
    level: Annotated[
        list[str] | None,
        typer.Option(help="Noise level: clean, measured or double. Repeatable. Default: measured."),
    ] = None,
    tracker: Annotated[
        str, typer.Option(help="real: ngatu's own on noisy detections; virtual: true tracks with ID switches.")
    ] = "real",
    uncalibrated: Annotated[bool, typer.Option("--uncalibrated", help="Cameras without calibration.")] = False,
    fps: Annotated[
        float | None, typer.Option(help="Analysed fps. Default: 8; with the virtual tracker 4.", min=2)
    ] = None,
    only: Annotated[str, typer.Option(help="Only episodes whose name contains this text.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 1,
    processes: Annotated[int, typer.Option(help="Parallel processes; 0: one per core.", min=0)] = 0,
    python: Annotated[
        Path | None, typer.Option(help="A python that has libsumo. Default: SUMO is installed into the cache folder.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep each episode's result in this folder, to resume an interrupted run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Score incidents and measures on traffic simulated by SUMO, observed by a noisy virtual camera.

    Ctrl-C ends it early with the scores so far, a fair sample of the whole.

    It runs from a checkout of the repository. The first use installs SUMO into an environment of its own.
    """
    from rich.console import Console

    from vision.commands.console import progress, progress_bar, readable_errors

    with readable_errors():
        _require_simulation()
        from vision.bench.simulation.episodes import plan
        from vision.bench.simulation.runner import ViewSettings, run, to_json
        from vision.bench.simulation.sensor.noise_levels import LEVELS
        from vision.bench.simulation.sumo.environment import sumo_python

        levels = tuple(level or ["measured"])
        _refuse_unknown("--level", levels, LEVELS)
        _refuse_unknown("--tracker", (tracker,), ("virtual", "real"))
        is_real = tracker == "real"
        rate = fps or (8 if is_real else 4)
        events, hours = (QUICK_EVENTS, QUICK_HOURS) if quick else (events, hours)
        episodes = [e for e in plan(events=events, hours=hours, seed=seed, frame_interval_s=1 / rate) if only in e.name]
        if not episodes:
            raise typer.BadParameter(
                f"no episode's name contains {only!r}: names are like junction-cars-free-quiet-0", param_hint="--only"
            )
        view = ViewSettings(levels, is_calibrated=not uncalibrated, real_tracker=is_real)
        with progress() as report:
            interpreter = sumo_python(report, python)
        total_h = sum(e.duration_s for e in episodes) / 3600
        with progress_bar(f"{total_h:.1f} hours of traffic") as advance:
            workers = processes or os.cpu_count() or 1
            results = run(episodes, view, interpreter, on_done=advance, processes=workers, keep=keep)
    document = to_json(results, view, seed)
    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        _print(document, Console())


def _require_simulation() -> None:
    if find_spec("vision.bench.simulation") is None:
        raise NgatuError(
            "`ngatu bench incidents` runs from a checkout of ngatu's repository: the installed package does not "
            "contain the simulation"
        )


def _refuse_unknown(option: str, given: tuple[str, ...], known: Any) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: {option} is one of {', '.join(known)}")


def _print(document: dict[str, Any], console: "Console") -> None:
    for level, part in document["by_level"].items():
        _print_kinds(level, part, console)
    from rich.table import Table

    table = Table(
        "noise level or scenario", "camera-hours", "speed error", "queue error", "count error", "analytics", box=None
    )
    for name, part in [*document["by_level"].items(), *document["by_scenario"].items()]:
        m = part["measures"]
        table.add_row(
            name,
            f"{part['camera_hours']:.1f}",
            _or_dash(m["speed_mae_pct"], " %"),
            f"{_or_dash(m['queue_mae_veh'])} of {_or_dash(m['queue_mean_veh'], ' veh')}",
            _or_dash(m["flow_error_pct"], " %"),
            f"{part['analytics_ms_a_frame']:.2f} ms, {part['tracks_a_frame']:.0f} tracks per frame",
        )
    console.print(table)


def _print_kinds(level: str, part: dict[str, Any], console: "Console") -> None:
    from rich.table import Table

    table = Table(
        "kind", "incidents", "detected", "false per camera-day", "false near incidents", "median delay", box=None
    )
    for kind, row in part["kinds"].items():
        rate = row["detection_rate"]
        table.add_row(
            kind,
            str(row["events"]),
            "-" if rate is None else f"{rate:.1%}",
            _or_dash(row["false_alarms_per_camera_day"]),
            _or_dash(row["false_alarms_beside_incidents_per_camera_day"]),
            _or_dash(row["median_ttd_s"], " s"),
        )
    hours = f"{part['quiet_camera_hours']:.1f} of {part['camera_hours']:.1f} camera-hours without incidents"
    console.print(f"noise level: {level}; {hours}")
    console.print(table)


def _or_dash(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:g}{unit}"
