"""`ngatu bench traffic`: congestion levels and incidents on real clips, against what people saw."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from vision.bench.clips.evaluate import ClipTraffic
    from vision.bench.clips.reversed_direction import Reversed


def register(bench: typer.Typer) -> None:
    """Add `traffic` to the group `bench`."""
    bench.command("traffic")(traffic)


def traffic(
    cameras: Annotated[
        Path, typer.Argument(help="Folder of camera files. A clip belongs to the camera whose id its name starts with.")
    ],
    *,
    clips: Annotated[Path, typer.Option(help="JSON manifest of the clips beside it.")],
    by_eye: Annotated[Path | None, typer.Option(help="A second manifest with levels that the first lacks.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only clips whose name contains this text. Repeatable.")
    ] = None,
    reverse: Annotated[bool, typer.Option(help="Also reverse all directions, on clips that people counted.")] = False,
    model: Annotated[str, typer.Option(help="Name of a model card, or an .onnx file.")] = "traffic26n",
    cache: Annotated[Path | None, typer.Option(help="Keep detections in this folder for the next run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Run each clip as a camera that has just started, and compare the results with what people saw.

    With --reverse every vehicle drives the wrong way, and should be reported once.
    """
    import logging

    from vision.bench.clips.evaluate import cameras_of, evaluate_clip
    from vision.bench.clips.ground_truth import read_described_clips
    from vision.bench.clips.replay import Replay
    from vision.bench.clips.report import to_json
    from vision.bench.clips.reversed_direction import reverse_clip
    from vision.commands.console import progress, readable_errors
    from vision.common.logging import configure_logging
    from vision.config.camera import DetectionConfig
    from vision.detection import load_detector

    configure_logging(level=logging.WARNING)
    with readable_errors(), progress() as report:
        pairs = [
            (clip, camera)
            for clip, camera in cameras_of(cameras, read_described_clips(clips, by_eye))
            if not only or any(part in clip.file.name for part in only)
        ]
        if not pairs:
            raise typer.BadParameter(f"no clip's name contains {', '.join(only or [])}", param_hint="--only")
        replay = Replay(load_detector(model, threads=1), DetectionConfig().fps, cache)
        done: list[ClipTraffic] = []
        reversed_clips: list[Reversed] = []
        for number, (clip, camera) in enumerate(pairs):
            report(f"{clip.file.name}, {number + 1} of {len(pairs)}", 0, None)
            done.append(evaluate_clip(clip, camera, replay))
            if reverse and (found := reverse_clip(clip, camera, replay)):
                reversed_clips.append(found)
    if as_json:
        sys.stdout.write(json.dumps(to_json(replay.detector.model.name, done, reversed_clips), indent=2) + "\n")
    else:
        _print(done, reversed_clips)


def _print(done: "list[ClipTraffic]", reversed_clips: "list[Reversed]") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("clip", "zone", "level, since", "people saw", "agrees")
    for clip in done:
        for level in clip.levels:
            reported = ", ".join(f"{name} {at_s:.0f} s" for at_s, name in level.reported) or "–"
            right = "–" if level.right is None else ", ".join(sorted(level.right))
            agrees = {True: "yes", False: "NO", None: "–"}[level.agrees]
            table.add_row(clip.clip.file.name, level.zone_id, reported, right, agrees)
    console.print(table)
    for sentence in _incidents(done):
        console.print(sentence, soft_wrap=True)
    if reversed_clips:
        _print_reversed(console, reversed_clips)


def _incidents(done: "Iterable[ClipTraffic]") -> Iterable[str]:
    for clip in done:
        for delay in clip.delays_s:
            found = "missed" if delay is None else f"found after {delay:.1f} s"
            yield f"{clip.clip.file.name}: the true incident was {found}"
        for found_one in clip.incidents:
            verdict = "true" if found_one.is_true else "FALSE"
            change = found_one.raised
            yield f"{clip.clip.file.name}: {verdict}, {change.at_s:.1f} s, {change.kind}: {change.evidence.reason}"
        if clip.conditions:
            conditions = ", ".join(f"{condition} {at_s:.0f} s" for at_s, condition in clip.conditions)
            yield f"{clip.clip.file.name}: image: {conditions}"


def _print_reversed(console: "Console", reversed_clips: "list[Reversed]") -> None:
    from rich.table import Table

    table = Table("reversed directions", "true", "crossed", "reported once", "twice", "missed", "others")
    for r in reversed_clips:
        true = f"{r.true_low}–{r.true_high}"
        counts = (str(n) for n in (r.crossed, r.once, len(r.twice), len(r.missed), r.elsewhere))
        table.add_row(r.clip.file.name, true, *counts)
    console.print(table)
