"""`ngatu bench counting` and `against-objectcounter`: counting accuracy and speed on clips that people have counted."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from vision.bench.counting.comparison import Comparison
    from vision.bench.counting.dataset import CountedClip
    from vision.bench.counting.score import ClipScore
    from vision.detection import Detector

Item = TypeVar("Item")

Manifest = Annotated[Path, typer.Argument(help="JSON manifest of clips; those with truth.line_count are counted.")]
Clips = Annotated[Path | None, typer.Option(help="Folder of the clips. Default: the manifest's.")]
Fps = Annotated[float | None, typer.Option(help="Analysed fps. Default: 12.", min=1, max=60)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def register(bench: typer.Typer) -> None:
    """Add `counting` and `against-objectcounter` to the group `bench`."""
    bench.command("counting")(counting)
    bench.command("against-objectcounter")(against_objectcounter)


def counting(
    manifest: Manifest,
    *,
    clips: Clips = None,
    model: Annotated[str | None, typer.Option(help="Name of a model card, or an .onnx file; else the default.")] = None,
    fps: Fps = None,
    as_json: AsJson = False,
) -> None:
    """Count every clip with the same settings, and score the counts against the true ranges.

    The score is WAPE: the sum of the counts' distances to their true ranges, divided by the true counts.
    """
    from vision.bench.counting.dataset import read_manifest
    from vision.bench.counting.score import score_clips, to_json

    found = read_manifest(manifest, clips)
    scores = list(_with_progress(score_clips(found, _detector(model), fps), len(found)))
    if as_json:
        sys.stdout.write(json.dumps(to_json(scores), indent=2) + "\n")
    else:
        _print_scores(scores)


def against_objectcounter(
    manifest: Manifest,
    only: Annotated[list[str] | None, typer.Argument(help="Names of clips. Default: all.", metavar="[CLIP]...")] = None,
    *,
    python: Annotated[Path, typer.Option(help="A python that has the package ultralytics.")],
    model: Annotated[Path, typer.Option(help="The .onnx file for both.")],
    clips: Clips = None,
    fps: Fps = None,
    as_json: AsJson = False,
) -> None:
    """Count clips with ngatu and with Ultralytics' ObjectCounter, one after the other, and compare.

    ObjectCounter analyses every frame, at 640 pixels, with its defaults.
    """
    from vision.bench.counting.comparison import compare, to_json
    from vision.bench.counting.dataset import read_manifest
    from vision.bench.counting.score import score_clips

    found = _chosen(read_manifest(manifest, clips), only)
    detector = _detector(str(model))
    comparisons = list(
        _with_progress((compare(s, python, model) for s in score_clips(found, detector, fps)), len(found))
    )
    if as_json:
        sys.stdout.write(json.dumps(to_json(comparisons), indent=2) + "\n")
    else:
        _print_comparisons(comparisons)


def _chosen(clips: "list[CountedClip]", names: list[str] | None) -> "list[CountedClip]":
    known = {clip.file.name: clip for clip in clips}
    unknown = sorted(set(names or []) - set(known))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: not in the manifest; it has {', '.join(known)}")
    return [known[name] for name in names] if names else clips


def _detector(model: str | None) -> "Detector":
    """One thread per inference: `count_video` runs one inference per CPU in parallel."""
    import logging

    from vision.common.logging import configure_logging
    from vision.detection import load_detector

    configure_logging(level=logging.WARNING)
    return load_detector(model, threads=1)


def _with_progress(items: "Iterable[Item]", total: int) -> "Iterable[Item]":
    from vision.commands.console import progress_bar

    with progress_bar("counting clips", total) as advance:
        for number, item in enumerate(items, 1):
            yield item
            advance(number, None)


def _print_scores(scores: "list[ClipScore]") -> None:
    from vision.bench.counting.score import wape

    table = Table("clip", "true", "counted", "error", "fps", "times real time")
    for s in scores:
        true = f"{s.clip.true_low}–{s.clip.true_high}" if s.clip.true_low < s.clip.true_high else f"{s.clip.true_low}"
        rate = f"{s.count.processed_fps:.1f}"
        table.add_row(s.clip.file.name, true, str(s.counted), str(s.error), rate, f"{s.count.speed:.1f}")
    errors, vehicles = sum(s.error for s in scores), sum(s.clip.definite for s in scores)
    console = Console()
    console.print(table)
    console.print(f"WAPE {wape(scores):.1%} ({errors} of {vehicles}), model {scores[0].count.model}")


def _print_comparisons(comparisons: "list[Comparison]") -> None:
    from vision.bench.counting.comparison import times_faster, times_less_cpu

    table = Table(
        "clip", "true", "ngatu: counted", "fps", "× real time", "ObjectCounter: counted", "fps", "× real time"
    )
    for d in comparisons:
        clip, count = d.ours.clip, d.ours.count
        ours = (str(d.ours.counted), f"{count.processed_fps:.1f}", f"{count.speed:.2f}")
        theirs = (str(d.theirs.counted), f"{d.theirs.frames / count.video_s:.1f}", f"{d.their_speed:.2f}")
        table.add_row(clip.file.name, f"{clip.true_low}–{clip.true_high}", *ours, *theirs)
    errors = f"{sum(d.ours.error for d in comparisons)} against {sum(d.their_error for d in comparisons)} vehicles"
    console = Console()
    console.print(table)
    faster, less_cpu = times_faster(comparisons), times_less_cpu(comparisons)
    summary = f"{faster:.1f} times as fast as ObjectCounter, with {less_cpu:.1f} times less CPU time"
    console.print(f"{summary}; errors: {errors}; model {comparisons[0].ours.count.model}")
