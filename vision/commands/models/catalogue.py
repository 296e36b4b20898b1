"""`ngatu models list`, `info`, `check`, `pull` and `add`: which detectors there are, and getting another one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.commands.console import progress, quiet_logs, readable_errors

if TYPE_CHECKING:
    from vision.detection.detector import Detector
    from vision.detection.models.cards import ModelCard
    from vision.detection.models.self_test import Checked

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
    """The cards, and whose weights are here."""
    from vision.common.paths import cache_dir
    from vision.detection.models.cards import default_model, load_cards, weights_file

    with readable_errors():
        cards, default = load_cards(), default_model()
    table = Table("model", "weights", "from", "licence", "what it is")
    for name, card in sorted(cards.items()):
        file = weights_file(card)
        here = f"{file.stat().st_size / 1e6:.1f} MB" if file.is_file() else "–"
        mark = " (default)" if name == default else ""
        table.add_row(name + mark, here, card.source.kind, card.licence, card.title)
    Console().print(table)
    typer.echo(
        f"weights are kept in {cache_dir('models')}; `ngatu models pull NAME` gets some, `add FILE` brings your own"
    )


def info(model: NameOrFile, *, provider: Provider = None) -> None:
    """What is known of a model, from its card and, where it is here, from its file."""
    from vision.detection.loading import load_detector, names_a_file
    from vision.detection.models.cards import find_card, weights_file

    quiet_logs()
    with readable_errors():
        card = None if names_a_file(model) else find_card(model)
        opened = card is None or weights_file(card).is_file()
        detector = load_detector(model, providers=[provider] if provider else None) if opened else None
    table = Table(show_header=False, box=None)
    for key, value in [*(_card_rows(card) if card else []), *(_file_rows(detector) if detector else [])]:
        table.add_row(key, value)
    Console().print(table)
    if card and not detector:
        typer.echo(f"its weights are not here; get them by `ngatu models pull {card.name}`")


def check(
    model: NameOrFile,
    *,
    render: Annotated[Path | None, typer.Option(help="Draw what it saw into this picture.")] = None,
    provider: Provider = None,
    threads: Threads = None,
) -> None:
    """Run a model on the bundled street picture and say what it saw; fails where that is next to nothing."""
    from vision.detection import load_detector
    from vision.detection.models.self_test import check as check_model
    from vision.detection.models.self_test import draw, save

    quiet_logs()
    with readable_errors():
        detector = load_detector(model, providers=[provider] if provider else None, threads=threads)
        checked = check_model(detector)
        _print_check(detector, checked)
        if render:
            save(draw(checked.image, checked.seen), render)
            typer.echo(f"drawn into {render}")
    _pass_or_fail(detector.model.name, checked)


def pull(
    name: Annotated[str, typer.Argument(help="A card's name.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Get it even though it is here.")] = False,
    python: Annotated[
        Path | None, typer.Option(help="Interpreter of an environment that has ultralytics, for official weights.")
    ] = None,
) -> None:
    """Get a model's weights: by the ultralytics package (AGPL-3.0), or from the internet, as its card says."""
    from vision.detection.models.cards import check_digest, find_card, weights_file
    from vision.detection.models.pull import pull as pull_weights

    quiet_logs()
    with readable_errors():
        card = find_card(name)
        file = weights_file(card)
        if file.is_file() and not force:
            check_digest(card, file)
            typer.echo(f"{name}: here already, {file}")
            return
        if card.source.kind == "ultralytics":
            typer.echo(f"{name}: Ultralytics and its weights are AGPL-3.0; what you build on them is bound by that.")
        with progress() as report:
            file = pull_weights(card, report, python=python, force=force)
    typer.echo(f"{name}: {file.stat().st_size / 1e6:.1f} MB in {file}")


def add(
    file: Annotated[Path, typer.Argument(help="An .onnx file of a detector.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it; the file's name when not given.")] = None,
    card: Annotated[Path | None, typer.Option(help="A card that says what the file does not, as class names.")] = None,
) -> None:
    """Take in a model of your own: works out what it is, keeps a copy and a card of it, and checks it."""
    from vision.common.paths import cache_dir
    from vision.detection.loading import load_detector
    from vision.detection.models.add import add as add_model

    quiet_logs()
    with readable_errors():
        added, checked = add_model(file, name=name, card_file=card)
        _print_check(load_detector(added.name), checked)
    typer.echo(f"added as '{added.name}', a {added.family} model; its card is {cache_dir('models') / added.name}.yaml")
    _pass_or_fail(added.name, checked)


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


def _print_check(detector: "Detector", checked: "Checked") -> None:
    import numpy as np

    from vision.common.object_class import CLASSES

    table = Table("class", "seen", "of those plain to see", "surest", title=checked.picture.title)
    for kind, expected in checked.expected.items():
        scores = checked.seen.confidence[checked.seen.class_id == CLASSES.index(kind)]
        surest = f"{np.max(scores):.2f}" if len(scores) else "–"
        table.add_row(kind, str(len(scores)), f"{checked.found[kind]} of {expected}" if expected else "–", surest)
    Console().print(table)
    model = detector.model
    typer.echo(f"{model.name} ({model.family}) on {model.providers[0]}: {checked.inference_ms:.0f} ms a picture")
    typer.echo(f"picture: {checked.picture.author}; {checked.picture.licence}")


def _pass_or_fail(name: str, checked: "Checked") -> None:
    found, expected = sum(checked.found.values()), sum(checked.expected.values())
    typer.echo(f"{name}: saw {found} of {expected} road users that are plain to see")
    if not checked.passed:
        typer.echo(
            f"error: model '{name}' sees too little; a wrong family, channel order, size or class mapping does that. "
            "See `ngatu models info`, and say what the file does not by `ngatu models add FILE --card CARD`",
            err=True,
        )
        raise typer.Exit(1)
