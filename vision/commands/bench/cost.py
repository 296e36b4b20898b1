"""`ngatu bench cost`: processor time of the analytics per frame, and memory over many frames."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vision.bench.throughput.measure import Cost

MILLION = 1_000_000


def register(bench: typer.Typer) -> None:
    """Add `cost` to the group `bench`."""
    bench.command("cost")(cost)


def cost(
    *,
    frames: Annotated[int, typer.Option(help="Frames to analyse.", min=100, max=10 * MILLION)] = 5000,
    tracks: Annotated[int, typer.Option(help="Tracks in each frame.", min=1, max=500)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a sentence.")] = False,
) -> None:
    """Measure the processor time of the analytics per frame, and memory over many frames, on synthetic tracks.

    Ctrl-C ends it early and prints what was measured.
    """
    from vision.bench.throughput.measure import measure_cost
    from vision.commands.console import progress_bar

    with progress_bar("frames", total=frames) as advance:
        result = measure_cost(frames, tracks, on_progress=lambda done: advance(done, None))
    if as_json:
        sys.stdout.write(json.dumps(asdict(result), indent=2) + "\n")
    else:
        sys.stdout.write(_sentence(result) + "\n")
    if result.interrupted:
        typer.echo("interrupted: measured until then", err=True)


def _sentence(result: "Cost") -> str:
    from vision.bench.throughput.measure import LIMIT_MS, LIMIT_TRACKS

    memory = ", ".join(f"{mb:.1f}" for mb in result.rss_mb) or "–"
    share = f", {result.median_ms / LIMIT_MS:.0%} of the limit of {LIMIT_MS:.0f} ms"
    return (
        f"{result.frames} frames with {result.tracks} tracks: "
        f"median {result.median_ms:.2f} ms per frame{share if result.tracks == LIMIT_TRACKS else ''}, "
        f"95th percentile {result.p95_ms:.2f} ms; {result.incidents} incident updates; "
        f"memory after each tenth: {memory} MB"
    )
