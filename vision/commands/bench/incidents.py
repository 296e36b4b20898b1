"""`ngatu bench incidents`: which incidents are noticed, how soon, which alarms are false, how true measures are."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from vision.bench.simulation.runner import Told

QUICK_EVENTS, QUICK_HOURS = 1, 0.125


def register(bench: typer.Typer) -> None:
    """Add `incidents` to the group `bench`."""
    bench.command("incidents")(incidents)


def incidents(
    *,
    events: Annotated[int, typer.Option(help="Incidents of each kind to make happen.", min=0)] = 110,
    hours: Annotated[float, typer.Option(help="Camera-hours without any.", min=0)] = 240,
    quick: Annotated[bool, typer.Option("--quick", help="One incident of each kind and six quiet minutes.")] = False,
    level: Annotated[
        list[str] | None, typer.Option(help="Noise: clean, measured or double. Repeatable. Default: measured.")
    ] = None,
    tracker: Annotated[str, typer.Option(help="`real`: noisy boxes go through ngatu's own; or `virtual`.")] = "real",
    uncalibrated: Annotated[bool, typer.Option("--uncalibrated", help="The cameras know no metres.")] = False,
    fps: Annotated[float | None, typer.Option(help="Looks a second. Default: 8; virtual tracker: 4.", min=2)] = None,
    only: Annotated[str, typer.Option(help="Only episodes whose name holds this.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 1,
    processes: Annotated[int, typer.Option(help="Side by side; 0: one a core.", min=0)] = 0,
    python: Annotated[Path | None, typer.Option(help="A python with libsumo. Default: one is made.")] = None,
    keep: Annotated[Path | None, typer.Option(help="A folder for each episode's result: go on where you left.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Score incidents and measures on SUMO's traffic, seen by a virtual camera through a detector's noise.

    Ctrl-C ends it with the scores of what is done, which is a fair sample.

    The first use installs SUMO from the package registry into an environment of its own in the cache folder.
    """
    import os

    from rich.console import Console

    from vision.bench.simulation.episodes import plan
    from vision.bench.simulation.runner import Look, run, to_json
    from vision.bench.simulation.sensor.noise_levels import LEVELS
    from vision.bench.simulation.sumo.environment import sumo_python
    from vision.commands.console import progress, readable_errors

    levels = tuple(level or ["measured"])
    _refuse_unknown("--level", levels, LEVELS)
    _refuse_unknown("--tracker", (tracker,), ("virtual", "real"))
    is_real = tracker == "real"
    rate = fps or (8 if is_real else 4)
    events, hours = (QUICK_EVENTS, QUICK_HOURS) if quick else (events, hours)
    episodes = [e for e in plan(events=events, hours=hours, seed=seed, look_s=1 / rate) if only in e.name]
    if not episodes:
        raise typer.BadParameter(f"no episode's name holds {only!r}: names are like junction-cars-free-quiet-0")
    look = Look(levels, is_calibrated=not uncalibrated, real_tracker=is_real)
    with readable_errors():
        with progress() as report:
            interpreter = sumo_python(report, python)
        hours_in_all = sum(e.lasts_s for e in episodes) / 3600
        with _bar(f"{hours_in_all:.1f} hours of traffic") as told_done:
            results = run(
                episodes, look, interpreter, told=told_done, processes=processes or os.cpu_count() or 1, keep=keep
            )
    told = to_json(results, look, seed)
    if as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        _print(told, Console())


@contextmanager
def _bar(what: str) -> "Iterator[Told]":
    """A bar on a terminal that goes on as episodes are done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole, _name: bar.update(task, completed=done, total=whole)


def _refuse_unknown(option: str, given: tuple[str, ...], known: Any) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: {option} is one of {', '.join(known)}")


def _print(told: dict[str, Any], console: "Console") -> None:
    for level, part in told["by_level"].items():
        _print_kinds(level, part, console)
    from rich.table import Table

    table = Table(
        "noise or scenario", "camera-hours", "speed error", "queue error", "flow error", "analytics", box=None
    )
    for name, part in [*told["by_level"].items(), *told["by_scenario"].items()]:
        m = part["measures"]
        table.add_row(
            name,
            f"{part['camera_hours']:.1f}",
            _or_dash(m["speed_mae_pct"], " %"),
            f"{_or_dash(m['queue_mae_veh'])} of {_or_dash(m['queue_mean_veh'], ' veh')}",
            _or_dash(m["flow_error_pct"], " %"),
            f"{part['analytics_ms_a_frame']:.2f} ms, {part['tracks_a_frame']:.0f} tracks",
        )
    console.print(table)


def _print_kinds(level: str, part: dict[str, Any], console: "Console") -> None:
    from rich.table import Table

    table = Table("kind", "events", "noticed", "false a camera-day", "beside incidents", "median delay", box=None)
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
    console.print(f"noise: {level}; {part['quiet_camera_hours']:.1f} of {part['camera_hours']:.1f} camera-hours quiet")
    console.print(table)


def _or_dash(value: float | None, unit: str = "") -> str:
    return "-" if value is None else f"{value:g}{unit}"
