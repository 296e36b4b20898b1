"""`ngatu bench latency`: time from a frame's capture to a client's event, against the limit of one second."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from vision.bench.latency import LatencyReport

LIMIT_S = 1.0


def register(bench: typer.Typer) -> None:
    """Add `latency` to the group `bench`."""
    bench.command("latency")(latency)


def latency(
    *,
    cameras: Annotated[int, typer.Option(help="Simulated 720p cameras.", min=1, max=64)] = 4,
    seconds: Annotated[float, typer.Option(help="Duration of the measurement.", min=5)] = 30,
    model: Annotated[str | None, typer.Option(help="Name of a model card, or an .onnx file; else the default.")] = None,
    fps: Annotated[
        float | None, typer.Option(help="Analysed fps. Default: that of camera files.", min=1, max=60)
    ] = None,
    clip: Annotated[list[Path] | None, typer.Option(help="Clips to play. Repeatable. Default: the samples.")] = None,
    workers: Annotated[int, typer.Option(help="Worker processes; 0: chosen for this machine.", min=0)] = 0,
    threads: Annotated[int, typer.Option(help="Inference threads per worker; 0: chosen for this machine.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure the time from a frame's capture until a client receives the crossing in it.

    Everything runs on this machine: Redis, simulated cameras, workers, the service, and a client of its event stream.
    """
    from rich.console import Console

    from vision.bench.latency import LatencyBench
    from vision.detection.models.cards import default_model
    from vision.samples import ensure_samples

    console = Console(stderr=as_json)
    clips = [path.resolve() for path in clip] if clip else ensure_samples()
    bench = LatencyBench(clips, cameras, model or default_model(), fps, workers, threads)
    with console.status("starting") as status:
        report = bench.run(seconds, status.update)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        _print(report, console)


def _print(report: "LatencyReport", console: "Console") -> None:
    from rich.table import Table

    table = Table("camera", "received", "analysed", "target", "dropped", "inference", "publication p95", box=None)
    for camera in report.cameras:
        table.add_row(
            camera.camera_id,
            f"{camera.received_fps:.1f} fps",
            f"{camera.processed_fps:.1f} fps",
            f"{camera.target_fps:g} fps",
            f"{camera.dropped_fps:.1f} fps",
            f"{camera.inference_ms:.0f} ms",
            f"{camera.publish_p95_ms:.0f} ms",
        )
    console.print(table)
    verdict = "within" if report.p95_s <= LIMIT_S else "above"
    console.print(
        f"capture to client, {report.crossings} crossings in {report.seconds:g} s on {report.cores} cores, "
        f"{report.model}: p50 {report.p50_s:.3f} s, p95 {report.p95_s:.3f} s, max {report.max_s:.3f} s; "
        f"p95 is {verdict} the limit of {LIMIT_S:g} s"
    )
