"""`ngatu bench tracking`: HOTA, IDF1 and MOTA of ngatu's tracker on clips with labelled tracks."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vision.bench.tracking.score import ClipScore

COLUMNS = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "IDSW", "Frag", "FP", "FN")


def register(bench: typer.Typer) -> None:
    """Add `tracking` to the group `bench`."""
    bench.command("tracking")(tracking)


def tracking(
    manifest: Annotated[Path, typer.Argument(help="JSON manifest of clips; those with truth.tracks.mot are scored.")],
    *,
    clips: Annotated[Path | None, typer.Option(help="Folder of the clips. Default: the manifest's.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model card, or an .onnx file; else the default.")] = None,
    fps: Annotated[float | None, typer.Option(help="Analysed fps. Default: 12.", min=1, max=60)] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep detections in this folder for the next run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Score ngatu's detector and tracker against labelled tracks in MOT format: HOTA, IDF1, MOTA.

    Both run with their defaults. All vehicle classes count as one; persons are left out. Only the analysed frames are
    scored. MOTA and IDF1 match boxes at an IoU of 0.5; HOTA averages over 0.05 to 0.95.
    """
    import logging

    from vision.bench.clips.replay import Replay
    from vision.bench.tracking.mot_dataset import read_labelled_clips
    from vision.bench.tracking.score import score_clips, to_json
    from vision.commands.console import progress_bar, readable_errors
    from vision.common.logging import configure_logging
    from vision.config.camera import DetectionConfig
    from vision.detection import load_detector

    configure_logging(level=logging.WARNING)
    with readable_errors():
        labelled = read_labelled_clips(manifest, clips)
        replay = Replay(load_detector(model, threads=1), fps or DetectionConfig().fps, cache)
        with progress_bar(f"tracking {len(labelled)} clips") as advance:
            scores = score_clips(labelled, replay, advance)
    if as_json:
        document = to_json(replay.detector.model.name, replay.fps, scores)
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _print(replay.detector.model.name, replay.fps, scores)


def _print(model: str, fps: float, scores: "Sequence[ClipScore]") -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from vision.bench.tracking.score import PERCENTAGES, combined

    table = Table(Column("clip", overflow="fold"), "frames", "tracks", *COLUMNS, box=None)

    def row(name: str, frames: int, tracks: int, metrics: dict[str, float | int]) -> None:
        values = (f"{metrics[c]:.1f}" if c in PERCENTAGES else f"{metrics[c]}" for c in COLUMNS)
        table.add_row(name, str(frames), str(tracks), *values)

    for s in scores:
        row(s.clip.file.name, s.frames, s.tracks, s.score.to_json())
    every = combined(s.score for s in scores)
    row("all", sum(s.frames for s in scores), sum(s.tracks for s in scores), every.to_json())
    console = Console()
    console.print(table)
    console.print(f"model {model}, {fps:g} fps; HOTA to MOTA in percent")
