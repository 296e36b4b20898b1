"""`ngatu labels`: pictures of a city's own cameras, labelled by models and corrected by people."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from vision.commands import labels_automatic
from vision.commands.console import readable_errors
from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from vision.labels.data_set.data_set import DataSet
    from vision.labels.data_set.validation import Report

labels = typer.Typer(
    help="A city's own pictures and labels: harvest, propose, correct, check, split.", no_args_is_help=True
)
labels_automatic.register(labels)

MOST_REMARKS = 20


class Form(StrEnum):
    """In which form labels go out and come in."""

    YOLO = "yolo"
    COCO = "coco"
    CVAT = "cvat"
    LABEL_STUDIO = "label-studio"


DataSetFolder = Annotated[Path, typer.Argument(help="The data set's folder.", metavar="DATA_SET")]
Maps = Annotated[
    list[str] | None, typer.Option("--map", help="Other people's class name, as van=truck; name=- leaves it out.")
]
FormOption = Annotated[Form, typer.Option("--format", help="Form of the labels.")]


def register(app: typer.Typer) -> None:
    app.add_typer(labels, name="labels")


@labels.command("export")
def export_labels(
    folder: DataSetFolder,
    target: Annotated[Path, typer.Argument(help="The file to write; with yolo a folder.")],
    *,
    form: FormOption = Form.CVAT,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Only what models disagree on, worst first.")] = False,
    most: Annotated[int | None, typer.Option(help="At most so many pictures.", min=1)] = None,
    images: Annotated[bool, typer.Option("--images", help="Copy the pictures into images/ beside the file.")] = False,
) -> None:
    """Give labels to people to correct, in the form of the tool they use."""
    from vision.labels.review.export_labels import chosen_for_people, export

    with readable_errors():
        data = read_with_bar(folder)
        pictures = chosen_for_people(data, most) if doubtful else list(data.pictures)[:most]
        if not pictures:
            raise NgatuError(f"{folder}: nothing to export; harvest and propose first, or leave out --doubtful")
        export(data, pictures, form, target, images=images)
    typer.echo(f"{len(pictures)} pictures in {target}")


@labels.command("import")
def import_labels(
    source: Annotated[Path, typer.Argument(help="The file of corrected labels; with yolo a folder.")],
    *,
    into: Annotated[Path, typer.Option(help="The data set's folder; made when it is not there.")],
    form: FormOption = Form.CVAT,
    images: Annotated[Path | None, typer.Option(help="Folder of pictures that are new to the data set.")] = None,
    maps: Maps = None,
    licence: Annotated[str, typer.Option(help="Of new pictures; noted in the ledger.")] = "",
    owner: Annotated[str, typer.Option(help="Whose the new pictures are; noted in the ledger.")] = "",
) -> None:
    """Take in what people corrected, or a data set of somebody else's. All of it or, with a mistake in it, nothing."""
    from vision.labels.data_set.data_set import create
    from vision.labels.review.import_labels import bring, take_in

    with readable_errors():
        brought = bring(source, form, _maps(maps), images)
        data = read_with_bar(create(into))
        taken = take_in(data, brought, at=datetime.now(UTC), licence=licence, owner=owner)
    typer.echo(
        f"{taken.corrected} pictures corrected, {taken.added} added, "
        f"{taken.passed_over} passed over that nobody had labelled"
    )


@labels.command()
def split(
    folder: DataSetFolder,
    *,
    val: Annotated[float, typer.Option(help="The share of pictures to judge by.", min=0.01, max=0.9)] = 0.2,
    seed: Annotated[int, typer.Option(help="Another draw of lots among new scenes.")] = 0,
    corrected: Annotated[
        bool, typer.Option("--corrected", help="Deal only pictures that a person has looked at.")
    ] = False,
) -> None:
    """Deal labelled pictures to training and validation, scene by scene: a camera's hour is never on both sides."""
    from vision.labels.data_set.picture import Split
    from vision.labels.data_set.split import apply, deal
    from vision.labels.review.reviews import State, read_reviews

    with readable_errors():
        data = read_with_bar(folder)
        reviews = read_reviews(folder)
        ready = [
            picture
            for picture in data.pictures
            if picture.boxes is not None
            and (not corrected or ((told := reviews.get(picture.name)) and told.state is State.CORRECTED))
        ]
        dealt = deal(ready, folder, val=val, seed=seed)
        moved = apply(folder, ready, dealt)
    for side in (Split.TRAIN, Split.VAL):
        scenes = sum(one is side for one in dealt.splits.values())
        typer.echo(f"{side}: {dealt.pictures[side]} pictures of {scenes} scenes")
    typer.echo(f"{moved} pictures moved")


@labels.command()
def check(
    folder: DataSetFolder,
    *,
    maps: Maps = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is wrong in a data set, and how many of each class it has. Ends with 1 when something must be mended."""
    from vision.labels.data_set.validation import check as check_data

    with readable_errors():
        report = check_data(read_with_bar(folder, _maps(maps)))
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        _print(report)
    raise typer.Exit(0 if report.is_good else 1)


@labels.command()
def show(
    folder: DataSetFolder,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the sheets.")] = Path("sheets"),
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Only what models disagree on, worst first.")] = False,
    most: Annotated[int, typer.Option(help="At most so many pictures.", min=1)] = 120,
) -> None:
    """Draw labels and questions on contact sheets of twelve pictures."""
    from vision.detection.checking import save
    from vision.labels.data_set.data_set import image_file, open_image
    from vision.labels.review.contact_sheets import sheets
    from vision.labels.review.export_labels import chosen_for_people
    from vision.labels.review.reviews import read_reviews

    with readable_errors():
        data = read_with_bar(folder)
        pictures = chosen_for_people(data, most) if doubtful else list(data.pictures)[:most]
        opened = ((picture, open_image(image_file(folder, picture))) for picture in pictures)
        out.mkdir(parents=True, exist_ok=True)
        number = 0
        for number, drawn in enumerate(sheets(opened, read_reviews(folder)), start=1):
            save(drawn, out / f"sheet-{number:03d}.jpg")
    typer.echo(f"{len(pictures)} pictures on {number} sheets in {out}")


def read_with_bar(folder: Path, names: dict[str, str] | None = None) -> "DataSet":
    """A data set, with a bar while its pictures are opened."""
    from vision.labels.data_set.data_set import read

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading pictures", total=None)
        return read(folder, names, lambda done, total: bar.update(task, completed=done, total=total))


def _maps(told: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in told or ()]
    for name, sign, ours in pairs:
        if not (name and sign and ours):
            raise NgatuError(f"--map {name}{sign}{ours}: write their name, `=` and ours, as van=truck")
    return {name: ours for name, _, ours in pairs}


def _print(report: "Report") -> None:
    from vision.common.object_class import CLASSES
    from vision.labels.data_set.picture import Split

    table = Table("", *Split)
    table.add_row("scenes", *(str(report.scenes[split]) for split in Split))
    table.add_row("pictures", *(str(report.pictures.get(split, 0)) for split in Split))
    table.add_row("with nobody", *(str(report.empty.get(split, 0)) for split in Split), end_section=True)
    for kind in CLASSES:
        table.add_row(kind, *(str(report.boxes[split].get(kind, 0)) for split in Split))
    Console().print(table)
    for licence, number in report.licences.items():
        typer.echo(f"{number} pictures: {licence}")
    for problem in report.problems:
        typer.echo(f"problem: {problem}")
    for remark in report.remarks[:MOST_REMARKS]:
        typer.echo(f"remark: {remark}")
    if len(report.remarks) > MOST_REMARKS:
        typer.echo(f"and {len(report.remarks) - MOST_REMARKS} remarks more; --json tells them all")
    typer.echo(f"{len(report.problems)} problems, {len(report.remarks)} remarks")


def _as_json(report: "Report") -> dict[str, Any]:
    return {
        "ok": report.is_good,
        "scenes": report.scenes,
        "pictures": report.pictures,
        "empty": report.empty,
        "boxes": report.boxes,
        "licences": report.licences,
        "problems": [str(problem) for problem in report.problems],
        "remarks": [str(remark) for remark in report.remarks],
    }
