"""`ngatu samples`: clips to try things on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vision.commands.console import progress, readable_errors
from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from vision.samples import ClipCard

samples = typer.Typer(help="Clips to try things on: list and get them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(samples, name="samples")


@samples.command("list")
def list_samples(
    *,
    folder: Annotated[Path | None, typer.Option(help="List the videos in a folder of your own instead.")] = None,
) -> None:
    """The clips that have a card, and which of them are here; or the videos of a folder."""
    with readable_errors():
        if folder is None:
            _list_cards()
        else:
            _list_folder(folder)


@samples.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Cards' names; none: the default clips.")] = None,
) -> None:
    """Get clips, check them and keep them; what is here already is not got again."""
    from vision.samples import clip_file
    from vision.samples import pull as pull_clips

    with readable_errors():
        cards = _chosen(names or [])
        with progress() as report:
            fresh = pull_clips(cards, report)
    for card in cards:
        new = card in fresh
        typer.echo(f"{card.name}: {clip_file(card)}" + ("" if new else ", here already"))
        if new:
            typer.echo(f"  {card.licence}: {card.notice}")


def _list_cards() -> None:
    from rich.console import Console
    from rich.table import Table

    from vision.common.paths import cache_dir
    from vision.samples.cards import is_here, load_cards

    table = Table("clip", "here", "picture", "length", "licence", "what it shows")
    for name, card in sorted(load_cards().items()):
        picture = f"{card.width} x {card.height}, {card.fps:g} fps"
        here = "yes" if is_here(card) else "no"
        length = f"{card.frames / card.fps:.0f} s"
        table.add_row(name + (" (default)" if card.default else ""), here, picture, length, card.licence, card.title)
    Console().print(table)
    typer.echo(f"clips are kept in {cache_dir('samples')}; `ngatu samples pull NAME` gets one")


def _list_folder(folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from vision.demo.simulator import find_clips
    from vision.sources import probe

    table = Table("clip", "picture", "length", "codec", "remark")
    for clip in find_clips([folder]):
        try:
            info = probe(clip)
        except NgatuError as error:
            table.add_row(clip.name, "–", "–", "–", str(error))
            continue
        picture = f"{info.width_px} x {info.height_px}, {info.fps:.4g} fps"
        table.add_row(clip.name, picture, f"{info.duration_s:.1f} s", info.codec, "")
    Console().print(table)
    typer.echo(f"`ngatu cameras simulate {folder}` plays them as cameras, `ngatu count CLIP --line …` counts one")


def _chosen(names: list[str]) -> "list[ClipCard]":
    from vision.samples import SampleError, load_cards

    cards = load_cards()
    unknown = [name for name in names if name not in cards]
    if unknown:
        raise SampleError(f"there is no clip '{unknown[0]}'; the cards are {', '.join(sorted(cards))}")
    return [cards[name] for name in names] if names else [card for card in cards.values() if card.default]
