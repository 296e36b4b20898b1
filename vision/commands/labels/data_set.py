"""`ngatu labels export`, `import`, `split`, `check` and `show`: work on a labelled data set."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from vision.commands.console import readable_errors
from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from vision.labels.data_set.data_set import DataSet
    from vision.labels.data_set.validation import ValidationReport

MAX_REMARKS = 20


class Form(StrEnum):
    """File formats of labels."""

    YOLO = "yolo"
    COCO = "coco"
    CVAT = "cvat"
    LABEL_STUDIO = "label-studio"


DataSetFolder = Annotated[Path, typer.Argument(help="The data set's folder.", metavar="DATA_SET")]
Maps = Annotated[
    list[str] | None, typer.Option("--map", help="Map a class name of the source, as van=truck; name=- leaves it out.")
]
FormOption = Annotated[Form, typer.Option("--format", help="Format of the labels.")]


def register(labels: typer.Typer) -> None:
    labels.command("export")(export)
    labels.command("import")(import_)
    labels.command()(split)
    labels.command()(check)
    labels.command()(show)


def export(
    folder: DataSetFolder,
    target: Annotated[Path, typer.Argument(help="The file to write; with yolo a folder.")],
    *,
    form: FormOption = Form.CVAT,
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only pictures with open questions, most informative first.")
    ] = False,
    most: Annotated[int | None, typer.Option(help="Maximum number of pictures.", min=1)] = None,
    images: Annotated[bool, typer.Option("--images", help="Copy the pictures into images/ next to the file.")] = False,
) -> None:
    """Export labels to an annotation tool, to be corrected there."""
    from vision.labels.review.export_labels import export_labels, pictures_to_review

    with readable_errors():
        data = read_with_bar(folder)
        pictures = pictures_to_review(data, most) if doubtful else list(data.pictures)[:most]
        if not pictures:
            raise NgatuError(f"{folder}: nothing to export; harvest and propose first, or leave out --doubtful")
        export_labels(data, pictures, form, target, images=images)
    typer.echo(f"{len(pictures)} pictures in {target}")


def import_(
    source: Annotated[Path, typer.Argument(help="The file of corrected labels; with yolo a folder.")],
    *,
    into: Annotated[Path, typer.Option(help="The data set's folder; created if it does not exist.")],
    form: FormOption = Form.CVAT,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures, for those that are new to the data set.")
    ] = None,
    maps: Maps = None,
    licence: Annotated[str, typer.Option(help="Licence of new pictures; recorded with each.")] = "",
    owner: Annotated[str, typer.Option(help="Owner of new pictures; recorded with each.")] = "",
) -> None:
    """Import corrected labels or another data set. With any mistake nothing is imported."""
    from vision.labels.data_set.data_set import create
    from vision.labels.review.import_labels import import_labels, read_source

    with readable_errors():
        incoming = read_source(source, form, _class_map(maps), images)
        data = read_with_bar(create(into))
        result = import_labels(data, incoming, at=datetime.now(UTC), licence=licence, owner=owner)
    typer.echo(f"{result.corrected} pictures corrected, {result.added} added, {result.skipped} skipped without labels")


def split(
    folder: DataSetFolder,
    *,
    val: Annotated[float, typer.Option(help="Fraction of pictures for validation.", min=0.01, max=0.9)] = 0.2,
    seed: Annotated[int, typer.Option(help="Another seed gives other new scenes to validation.")] = 0,
    corrected: Annotated[
        bool, typer.Option("--corrected", help="Split only pictures that a person has corrected.")
    ] = False,
) -> None:
    """Split labelled pictures into training and validation by scene: an hour of a camera is never in both."""
    from vision.labels.data_set.picture import Split
    from vision.labels.data_set.split import apply_split, plan_split
    from vision.labels.review.reviews import ReviewState, read_reviews

    with readable_errors():
        data = read_with_bar(folder)
        reviews = read_reviews(folder)
        ready = [
            picture
            for picture in data.pictures
            if picture.boxes is not None
            and (not corrected or ((review := reviews.get(picture.name)) and review.state is ReviewState.CORRECTED))
        ]
        plan = plan_split(ready, folder, val=val, seed=seed)
        moved = apply_split(folder, ready, plan)
    for name in (Split.TRAIN, Split.VAL):
        scenes = sum(one is name for one in plan.splits.values())
        typer.echo(f"{name}: {plan.pictures[name]} pictures of {scenes} scenes")
    typer.echo(f"{moved} pictures moved")


def check(
    folder: DataSetFolder,
    *,
    maps: Maps = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a data set for mistakes and count its labels. Exit code 1: there are problems to fix."""
    from vision.labels.data_set.validation import validate

    with readable_errors():
        report = validate(read_with_bar(folder, _class_map(maps)))
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
    else:
        _print_report(report)
    raise typer.Exit(0 if report.is_valid else 1)


def show(
    folder: DataSetFolder,
    *,
    out: Annotated[Path, typer.Option(help="Folder for the sheets.")] = Path("sheets"),
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only pictures with open questions, most informative first.")
    ] = False,
    most: Annotated[int, typer.Option(help="Maximum number of pictures.", min=1)] = 120,
) -> None:
    """Draw labels and questions on contact sheets of twelve pictures."""
    from vision.detection.models.self_test import save
    from vision.labels.data_set.data_set import image_file, open_image
    from vision.labels.review.contact_sheets import contact_sheets
    from vision.labels.review.export_labels import pictures_to_review
    from vision.labels.review.reviews import read_reviews

    with readable_errors():
        data = read_with_bar(folder)
        pictures = pictures_to_review(data, most) if doubtful else list(data.pictures)[:most]
        opened = ((picture, open_image(image_file(folder, picture))) for picture in pictures)
        out.mkdir(parents=True, exist_ok=True)
        number = 0
        for number, drawn in enumerate(contact_sheets(opened, read_reviews(folder)), start=1):
            save(drawn, out / f"sheet-{number:03d}.jpg")
    typer.echo(f"{len(pictures)} pictures on {number} sheets in {out}")


def read_with_bar(folder: Path, names: dict[str, str] | None = None) -> "DataSet":
    """Read a data set with a progress bar."""
    from vision.labels.data_set.data_set import read

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading pictures", total=None)
        return read(folder, names, lambda done, total: bar.update(task, completed=done, total=total))


def _class_map(arguments: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in arguments or ()]
    for name, sign, mapped in pairs:
        if not (name and sign and mapped):
            raise NgatuError(
                f"--map {name}{sign}{mapped}: write the source's class, `=` and one of ngatu's, as van=truck"
            )
    return {name: mapped for name, _, mapped in pairs}


def _print_report(report: "ValidationReport") -> None:
    from vision.common.object_class import CLASSES
    from vision.labels.data_set.picture import Split

    table = Table("", *Split)
    table.add_row("scenes", *(str(report.scenes[split]) for split in Split))
    table.add_row("pictures", *(str(report.pictures.get(split, 0)) for split in Split))
    table.add_row("without road users", *(str(report.empty.get(split, 0)) for split in Split), end_section=True)
    for kind in CLASSES:
        table.add_row(kind, *(str(report.boxes[split].get(kind, 0)) for split in Split))
    Console().print(table)
    for licence, number in report.licences.items():
        typer.echo(f"{number} pictures: {licence}")
    for problem in report.problems:
        typer.echo(f"problem: {problem}")
    for remark in report.remarks[:MAX_REMARKS]:
        typer.echo(f"remark: {remark}")
    if len(report.remarks) > MAX_REMARKS:
        typer.echo(f"and {len(report.remarks) - MAX_REMARKS} more remarks; --json lists all")
    typer.echo(f"{len(report.problems)} problems, {len(report.remarks)} remarks")


def _as_json(report: "ValidationReport") -> dict[str, Any]:
    return {
        "ok": report.is_valid,
        "scenes": report.scenes,
        "pictures": report.pictures,
        "empty": report.empty,
        "boxes": report.boxes,
        "licences": report.licences,
        "problems": [str(problem) for problem in report.problems],
        "remarks": [str(remark) for remark in report.remarks],
    }
