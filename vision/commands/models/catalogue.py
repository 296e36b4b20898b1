"""`ngatu models list`, `info`, `check`, `pull` and `add`: the detectors of this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.commands.console import progress, quiet_logs, readable_errors

if TYPE_CHECKING:
    from vision.detection.detector import Detector
    from vision.detection.models.cards import ModelCard
    from vision.detection.models.self_test import SelfTestResult

NameOrFile = Annotated[str, typer.Argument(help="A card's name, or an .onnx file.", metavar="NAME_OR_FILE")]
Provider = Annotated[
    str | None, typer.Option(help="tensorrt, cuda, openvino or cpu. Default: the fastest one that is available.")
]
Threads = Annotated[int | None, typer.Option(help="CPU threads of one inference.", min=1)]


def register(models: typer.Typer) -> None:
    models.command("list")(list_models)
    for command in (info, check, pull, add):
        models.command()(command)


def list_models() -> None:
    """List the cards, and which of their weights are present."""
    from vision.common.paths import cache_dir
    from vision.detection.models.cards import default_model, load_cards, weights_file

    with readable_errors():
        cards, default = load_cards(), default_model()
    table = Table("model", "weights", "from", "licence", "title")
    for name, card in sorted(cards.items()):
        file = weights_file(card)
        here = f"{file.stat().st_size / 1e6:.1f} MB" if file.is_file() else "–"
        mark = " (default)" if name == default else ""
        table.add_row(name + mark, here, card.source.kind, card.licence, card.title)
    Console().print(table)
    typer.echo(
        f"weights are cached in {cache_dir('models')}; `ngatu models pull NAME` fetches some, `add FILE` adds your own"
    )


def info(model: NameOrFile, *, provider: Provider = None) -> None:
    """Describe a model by its card and, if it is present, its file."""
    from vision.detection.loading import is_file_name, load_detector
    from vision.detection.models.cards import find_card, weights_file

    quiet_logs()
    with readable_errors():
        card = None if is_file_name(model) else find_card(model)
        opened = card is None or weights_file(card).is_file()
        detector = load_detector(model, providers=[provider] if provider else None) if opened else None
    table = Table(show_header=False, box=None)
    for key, value in [*(_card_rows(card) if card else []), *(_file_rows(detector) if detector else [])]:
        table.add_row(key, value)
    Console().print(table)
    if card and not detector:
        typer.echo(f"its weights are not present; fetch them by `ngatu models pull {card.name}`")


def check(
    model: NameOrFile,
    *,
    render: Annotated[Path | None, typer.Option(help="Write a picture with the detections to this file.")] = None,
    provider: Provider = None,
    threads: Threads = None,
) -> None:
    """Run a model on the bundled street picture and list its detections. Exit code 1: it detects next to nothing."""
    from vision.detection import load_detector
    from vision.detection.models.self_test import draw, run_self_test, save
    from vision.detection.models.trial import try_out

    quiet_logs()
    with readable_errors():
        try_out(model)
        detector = load_detector(model, providers=[provider] if provider else None, threads=threads)
        result = run_self_test(detector)
        _print_check(detector, result)
        if render:
            save(draw(result.image, result.detections), render)
            typer.echo(f"written to {render}")
    _pass_or_fail(detector, result)


def pull(
    name: Annotated[str, typer.Argument(help="A card's name.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Fetch it even if it is present.")] = False,
    python: Annotated[
        Path | None, typer.Option(help="Interpreter of an environment that has ultralytics, for official weights.")
    ] = None,
) -> None:
    """Fetch a model's weights by the ultralytics package (AGPL-3.0) or from the internet, as its card says."""
    from vision.detection.models.cards import check_digest, find_card, weights_file
    from vision.detection.models.pull import pull as pull_weights

    quiet_logs()
    with readable_errors():
        card = find_card(name)
        file = weights_file(card)
        if file.is_file() and not force:
            check_digest(card, file)
            typer.echo(f"{name}: already present, {file}")
            return
        if card.source.kind == "ultralytics":
            typer.echo(f"{name}: Ultralytics and its weights are AGPL-3.0; what you build on them is bound by that.")
        with progress() as report:
            file = pull_weights(card, report, python=python, force=force)
    typer.echo(f"{name}: {file.stat().st_size / 1e6:.1f} MB in {file}")


def add(
    file: Annotated[Path, typer.Argument(help="An .onnx file of a detector.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the model. Default: the file's name.")] = None,
    card: Annotated[Path | None, typer.Option(help="A card with what the file lacks, such as class names.")] = None,
) -> None:
    """Add your own model: recognise its family, copy it, write a card, and check it."""
    from vision.common.paths import cache_dir
    from vision.detection.loading import build_detector
    from vision.detection.models.add import add as add_model
    from vision.detection.session import Session

    quiet_logs()
    with readable_errors():
        added, result = add_model(file, name=name, card_file=card)
        detector = build_detector(Session(file), added)
        _print_check(detector, result)
    _pass_or_fail(detector, result)
    typer.echo(f"added as '{added.name}', a {added.family} model; its card is {cache_dir('models') / added.name}.yaml")


def _card_rows(card: "ModelCard") -> list[tuple[str, str]]:
    source = ", ".join(f"{key} {value}" for key, value in card.source.model_dump().items() if key != "kind")
    rows = [("name", card.name), ("title", card.title), ("licence", card.licence)]
    return [*rows, ("source", f"{card.source.kind}: {source}"), ("sha256", card.sha256 or "not fixed")]


def _file_rows(detector: "Detector") -> list[tuple[str, str]]:
    model = detector.model
    size = f"{model.width} x {model.height}" if model.width else f"long side {model.input.size}, shape of the picture"
    return [
        ("file", f"{model.file} ({model.file.stat().st_size / 1e6:.1f} MB)"),
        ("family", model.family),
        ("input", f"{size}; {model.input.colour}, {model.input.fit}, several at once: {_yes(model.batches)}"),
        ("normalised", f"(x - {list(model.input.mean)}) / {list(model.input.std)}"),
        ("classes", f"{len(model.names)}, of which " + ", ".join(f"{k} → {v}" for k, v in model.classes.items())),
        ("runs on", f"{model.providers[0]}, {model.threads} threads"),
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _print_check(detector: "Detector", result: "SelfTestResult") -> None:
    import numpy as np

    from vision.common.object_class import CLASSES

    table = Table("class", "detected", "of the clearly visible", "highest confidence", title=result.picture.title)
    for kind, expected in result.expected.items():
        scores = result.detections.confidence[result.detections.class_id == CLASSES.index(kind)]
        highest = f"{np.max(scores):.2f}" if len(scores) else "–"
        table.add_row(kind, str(len(scores)), f"{result.found[kind]} of {expected}" if expected else "–", highest)
    Console().print(table)
    model = detector.model
    typer.echo(f"{model.name} ({model.family}) on {model.providers[0]}: {result.inference_ms:.0f} ms per picture")
    typer.echo(f"picture: {result.picture.author}; {result.picture.licence}")


def _pass_or_fail(detector: "Detector", result: "SelfTestResult") -> None:
    """Say whether the model may be used; otherwise exit with code 1."""
    from vision.detection.class_map import unmapped

    name, model = detector.model.name, detector.model
    if others := unmapped(model.names, model.classes):
        typer.echo(
            f"error: model '{name}' has classes that sound like road users and are none of ours: "
            f"{', '.join(others[:12])}. Map them by `classes` in a card, and add the file by `ngatu models add FILE "
            "--card CARD`",
            err=True,
        )
        raise typer.Exit(1)
    found, expected = sum(result.found.values()), sum(result.expected.values())
    typer.echo(f"{name}: detected {found} of {expected} clearly visible road users")
    if not result.passed:
        typer.echo(
            f"error: model '{name}' detects too little: its family, channel order, size or class mapping is wrong. "
            "See `ngatu models info`, and add what the file lacks by `ngatu models add FILE --card CARD`",
            err=True,
        )
        raise typer.Exit(1)
