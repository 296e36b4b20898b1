"""`ngatu bench chaos`: faults are injected into running processes; every event is stored, or its loss is reported."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from vision.bench.chaos.run import ChaosReport


def register(bench: typer.Typer) -> None:
    """Add `chaos` to the group `bench`."""
    bench.command("chaos")(chaos)


def chaos(
    *,
    minutes: Annotated[
        float, typer.Option(help="How long faults are injected; each one is injected once at least.", min=0)
    ] = 5,
    fault: Annotated[list[str] | None, typer.Option(help="Only this fault. Repeatable. Default: all.")] = None,
    cameras: Annotated[int, typer.Option(help="Computed cameras.", min=1, max=64)] = 4,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1, max=16)] = 2,
    seed: Annotated[int, typer.Option(help="Decides the order and the moments of the faults.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="An empty folder in which logs and data stay.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Inject faults into Redis, the service, the workers, their disks and clocks, and account for every event.

    Everything runs on this machine, on computed traffic. Exit code 1: an event was lost without a report or stored
    twice, or a part did not recover. Ctrl-C ends the faults and accounts for what happened until then.
    """
    from rich.console import Console

    from vision.bench.chaos.faults import FAULTS
    from vision.bench.chaos.run import ChaosBench
    from vision.common.errors import NgatuError

    unknown = sorted(set(fault or ()) - FAULTS.keys())
    if unknown:
        raise NgatuError(f"no fault is called {unknown[0]!r}: the faults are {', '.join(FAULTS)}")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise NgatuError(f"{keep} is not empty: name an empty folder, or one that does not exist")
    console = Console(stderr=as_json)
    bench = ChaosBench(cameras, workers, seed, tuple(fault or FAULTS), keep)
    with console.status("starting") as status:
        report = bench.run(minutes * 60, status.update)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        _print(report, console)
    raise typer.Exit(0 if report.is_clean else 1)


def _print(report: "ChaosReport", console: "Console") -> None:
    from rich.table import Table

    table = Table("fault", "injected", box=None)
    for name, times in sorted(report.injected.items()):
        table.add_row(name, str(times), style="red" if name in report.unrecovered else None)
    console.print(table)
    console.print(
        f"{report.faults} faults in {report.seconds:.0f} s (seed {report.seed}), {report.restarts} restarts: "
        f"{report.events} events published, {report.stored} stored, {report.reported_lost} lost and reported, "
        f"{report.lost_unreported} lost without a report, {report.doubled} stored twice"
    )
    for name in report.unrecovered:
        console.print(f"after {name}, the system did not work again by itself", style="red")
