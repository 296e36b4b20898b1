"""`ngatu labels harvest` and `propose`: the labelling commands that run detectors."""

import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from vision.commands.console import quiet_logs, readable_errors, stop_on_signals
from vision.common.errors import NgatuError
from vision.config.settings import WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vision.config.camera import CameraConfig
    from vision.labels.active_learning import Harvest
    from vision.labels.review.reviews import Review


Threads = Annotated[int | None, typer.Option(help="CPU threads of one inference.", min=1)]


def register(labels: typer.Typer) -> None:
    labels.command()(harvest)
    labels.command()(propose)


def harvest(
    into: Annotated[
        Path, typer.Argument(help="The data set's folder; created if it does not exist.", metavar="DATA_SET")
    ],
    *,
    cameras: Annotated[Path | None, typer.Option(help="Folder of camera files. Default: NGATU_CAMERAS.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only these cameras, by id.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="Stop after this time; otherwise Ctrl-C stops.", min=0.01)
    ] = None,
    per_hour: Annotated[
        int, typer.Option(help="Maximum number of pictures of one camera in an hour.", min=1, max=3600)
    ] = 60,
    model: Annotated[
        str | None, typer.Option(help="The detector that selects uncertain frames. Default: the default model.")
    ] = None,
    blur: Annotated[bool, typer.Option("--blur", help="Blur heads and plates of detected road users.")] = False,
    licence: Annotated[str, typer.Option(help="Licence of the pictures; recorded with each.")] = "",
    owner: Annotated[str, typer.Option(help="Owner of the pictures; recorded with each.")] = "",
    threads: Threads = None,
) -> None:
    """Take frames of cameras where detector and tracker disagree, confidence is near its threshold or a class is rare.

    The hour is divided into as many intervals as --per-hour says; each camera gives the most uncertain frame of each,
    and no near-duplicates. Unpaced recordings are processed completely.
    """
    from vision.detection import load_detector
    from vision.detection.models.cards import default_model
    from vision.labels.active_learning import Harvest, HarvestOptions
    from vision.labels.active_learning.cameras import harvest_cameras

    quiet_logs()
    with readable_errors():
        chosen = _chosen(cameras or WorkerSettings().cameras, camera)
        detector = load_detector(model or default_model(), threads=threads)
        options = HarvestOptions(per_hour=per_hour, blur=blur, licence=licence, owner=owner)
        harvests = {one.id: Harvest(one, into, options, model=detector.model.name) for one in chosen}
        stop = threading.Event()
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        bars = Progress(*columns, console=Console(stderr=True), transient=True)
        with stop_on_signals(stop.set), bars as bar:
            task = bar.add_task("harvesting")
            harvest_cameras(
                chosen,
                harvests,
                detector,
                seconds=None if minutes is None else minutes * 60,
                stop=stop,
                on_progress=lambda: bar.update(task, description=f"{sum(h.kept for h in harvests.values())} pictures"),
            )
    _print_harvest(into, harvests)


def propose(
    folder: Annotated[Path, typer.Argument(help="The data set's folder.", metavar="DATA_SET")],
    *,
    model: Annotated[list[str], typer.Option(help="A model that votes; repeat for several, most of which must agree.")],
    size: Annotated[int, typer.Option(help="Long side of the models' input, pixels.", min=320, max=4096)] = 1280,
    again: Annotated[bool, typer.Option("--again", help="Also pictures with proposed labels.")] = False,
    threads: Threads = None,
) -> None:
    """Label pictures where several models at a large input size and the tracks agree; ask people where they do not.

    Corrected labels stay.
    """
    from vision.detection import load_detector
    from vision.labels.data_set.data_set import load
    from vision.labels.proposals import propose as propose_all
    from vision.labels.proposals.propose import pictures_to_label
    from vision.labels.review.reviews import read_reviews

    quiet_logs()
    with readable_errors():
        if len(set(model)) < 2:
            raise NgatuError("one model agrees with itself: name two or more, as --model yolo26s --model yolo11s")
        detectors = {Path(name).stem: load_detector(name, size=size, threads=threads) for name in model}
        data = load(folder)
        waiting = pictures_to_label(data, read_reviews(folder), again=again)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("proposing", total=len(waiting))
            reviews = [_advanced(bar, task, review) for review in propose_all(data, detectors, again=again)]
    asked = [review for review in reviews if review.questions]
    kinds = Counter(str(question.kind) for review in asked for question in review.questions)
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) or "none"
    typer.echo(f"{len(reviews)} pictures labelled; {len(asked)} of them have questions ({counts})")
    typer.echo(f"next: `ngatu labels export {folder} FILE --doubtful`, correct them, `ngatu labels import FILE`")


def _advanced(bar: Progress, task: TaskID, review: "Review") -> "Review":
    bar.advance(task)
    return review


def _chosen(folder: Path, ids: list[str] | None) -> "list[CameraConfig]":
    """The enabled cameras, or those with these ids; a wrong file is an error only if its camera is among the ids."""
    from vision.config.files.loading import load_cameras

    found = load_cameras(folder)
    for problem in found.problems:
        typer.echo(f"left out: {problem}", err=True)
    configs = {camera_id: loaded.config for camera_id, loaded in found.cameras.items()}
    if unknown := sorted(set(ids or ()) - set(configs)):
        raise NgatuError(f"{folder}: there is no camera {', '.join(unknown)}; there are {', '.join(configs) or 'none'}")
    chosen = [config for camera_id, config in configs.items() if (camera_id in ids if ids else config.enabled)]
    if not chosen:
        raise NgatuError(f"{folder}: no camera to harvest from; name a folder of camera files by --cameras")
    return chosen


def _print_harvest(folder: Path, harvests: "Mapping[str, Harvest]") -> None:
    from vision.labels.active_learning import UncertaintyReason
    from vision.labels.data_set.provenance import PROVENANCE_FILE, read_provenance

    reasons: dict[str, Counter[str]] = {}
    for entry in read_provenance(folder).values():
        reasons.setdefault(entry.camera_id, Counter()).update(entry.reasons.keys())
    table = Table("camera", "new pictures", "near-duplicates skipped", "reasons of all its pictures")
    for camera_id, one in harvests.items():
        counts = reasons.get(camera_id, Counter())
        listed = ", ".join(f"{reason} {counts[reason]}" for reason in UncertaintyReason if counts[reason]) or "–"
        table.add_row(camera_id, str(one.kept), str(one.duplicates), listed)
    Console().print(table)
    typer.echo(f"pictures in {folder / 'images' / 'new'}, their provenance in {folder / PROVENANCE_FILE}")
