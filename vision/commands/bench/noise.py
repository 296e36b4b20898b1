"""`ngatu bench noise`: jitter, misses, ID switches and class errors of the detector and the tracker."""

import json
import math
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from vision.bench.tracking.report import NoiseReport
    from vision.bench.tracking.track_noise import TrackNoise


def register(bench: typer.Typer) -> None:
    """Add `noise` to the group `bench`."""
    bench.command("noise")(noise)


def noise(
    manifest: Annotated[Path, typer.Argument(help="JSON manifest of clips, some with truth.tracks.mot.")],
    *,
    clips: Annotated[Path | None, typer.Option(help="Folder of the clips. Default: the manifest's.")] = None,
    pictures: Annotated[
        list[Path] | None, typer.Option(help="A data set of labelled images, to measure merges. Repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model card, or an .onnx file; else the default.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep detections in this folder for the next run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure jitter, misses, ID switches, class errors, duplicates and merges of detections and tracks.

    Against labelled tracks on the clips that have them, and from the tracks alone on every clip. The simulated cameras
    of `ngatu bench incidents` have this noise.
    """
    import logging

    from vision.bench.clips.replay import Replay
    from vision.bench.tracking.report import measure
    from vision.commands.console import progress, readable_errors
    from vision.common.logging import configure_logging
    from vision.config.camera import DetectionConfig
    from vision.detection import load_detector

    configure_logging(level=logging.WARNING)
    with readable_errors(), progress() as report:
        detector = load_detector(model, threads=1)
        result = measure(manifest, clips, pictures or [], Replay(detector, DetectionConfig().fps, cache), report)
    if as_json:
        sys.stdout.write(json.dumps(_finite(asdict(result)), indent=2) + "\n")
    else:
        _print(result)


def _finite(value: Any) -> Any:
    """Replace NaN, which JSON lacks, by null."""
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(result: "NoiseReport") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    jitter = Table(
        "vehicles", "coordinate", "rms", "median", "90th percentile", "correlation", "windows", title="jitter"
    )
    for state, numbers in result.jitter.items():
        for name, j in numbers.items():
            spread = (f"{j.rms:.3f}", f"{j.median:.3f}", f"{j.p90:.3f}", f"{j.correlation:.2f}")
            jitter.add_row(state, name, *spread, str(j.windows))
    console.print(jitter)
    missed = Table("size, share of the image", "observations", "missed", title="misses")
    for size, (observations, rate) in result.misses.by_size.items():
        missed.add_row(size, str(observations), f"{rate:.1%}")
    console.print(missed)
    for sentence in _sentences(result):
        console.print(sentence)
    console.print(_tracks_table(result.tracks))


def _sentences(result: "NoiseReport") -> Iterable[str]:
    m, i = result.misses, result.identity
    yield (
        f"missed {m.rate:.1%}; for {m.burst_mean_s:.2f} s on average, median {m.burst_median_s:.2f} s, "
        f"95th percentile {m.burst_p95_s:.2f} s; {m.never_seen} of {m.vehicles} vehicles never detected"
    )
    yield f"{i.id_switches_per_minute:.1f} ID switches per track-minute; {i.class_flip_rate:.1%} wrong classes"
    yield (
        f"per frame: {result.twice_per_frame:.2f} duplicate detections, "
        f"{result.unexplained_per_frame:.2f} unexplained detections at most"
    )
    for merges in result.merges:
        yield (
            f"confidence {merges.least_confidence:g} and above, {merges.pictures} images: of {merges.motorcycles} "
            f"motorcycles {merges.merge_rate:.1%} merged, {merges.miss_rate:.1%} missed"
        )


def _tracks_table(tracks: "Iterable[TrackNoise]") -> Any:
    from rich.table import Table

    table = Table("clip", "tracks", "centre", "bottom", "size", "p90", "gaps", "p95", title="tracks without labels")
    for t in tracks:
        jitter = (f"{x:.3f}" for x in (t.centre_jitter, t.foot_jitter, t.size_jitter, t.jitter_p90))
        table.add_row(t.clip, str(t.tracks), *jitter, f"{t.blink_rate:.1%}", f"{t.blink_p95_s:.2f} s")
    return table
