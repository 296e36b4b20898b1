"""`ngatu samples`: lists and fetches sample clips."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vision.commands.console import progress, readable_errors
from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from vision.samples import ClipCard

samples = typer.Typer(help="Sample clips: list and fetch them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(samples, name="samples")


@samples.command("list")
def list_samples(
    *,
    folder: Annotated[Path | None, typer.Option(help="List the videos of this folder instead.")] = None,
) -> None:
    """List the clips that have a card, and whether they are cached; or the videos of a folder."""
    with readable_errors():
        if folder is None:
            _list_cards()
        else:
            _list_folder(folder)


@samples.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names of cards. Default: the default clips.")] = None,
) -> None:
    """Fetch clips into the cache and check them; cached clips are not fetched again."""
    from vision.samples import clip_file
    from vision.samples import pull as pull_clips

    with readable_errors():
        cards = _chosen(names or [])
        with progress() as report:
            fetched = pull_clips(cards, report)
    for card in cards:
        is_new = card in fetched
        typer.echo(f"{card.name}: {clip_file(card)}" + ("" if is_new else ", already cached"))
        if is_new:
            typer.echo(f"  {card.licence}: {card.notice}")


def _list_cards() -> None:
    from rich.console import Console
    from rich.table import Table

    from vision.common.paths import cache_dir
    from vision.samples.cards import is_cached, load_cards

    table = Table("clip", "cached", "picture", "length", "licence", "what it shows")
    for name, card in sorted(load_cards().items()):
        picture = f"{card.width} x {card.height}, {card.fps:g} fps"
        cached = "yes" if is_cached(card) else "no"
        length = f"{card.frames / card.fps:.0f} s"
        table.add_row(name + (" (default)" if card.default else ""), cached, picture, length, card.licence, card.title)
    Console().print(table)
    typer.echo(f"clips are cached in {cache_dir('samples')}; `ngatu samples pull NAME` fetches one")


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
