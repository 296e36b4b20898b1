"""Gets a model's weights into the cache from the source on its card."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vision.common.download import download
from vision.common.paths import cache_dir
from vision.common.progress import Report, quiet
from vision.core import ModelError
from vision.detection.loading import recognise
from vision.detection.models.cards import (
    DEFAULT_MODEL,
    FileSource,
    ModelCard,
    PackagedSource,
    UltralyticsSource,
    UrlSource,
    check_digest,
    default_model,
    find_card,
    weights_file,
)
from vision.detection.models.ultralytics_export import export_official
from vision.detection.session import Session


def ensure_default_model(report: Report = quiet) -> Path:
    """The file of the default detector, promoted or packaged; pulled first if it is missing."""
    card = find_card(default_model())
    return weights_file(card) if weights_file(card).is_file() else pull(card, report)


def pull(card: ModelCard, report: Report = quiet, *, python: Path | None = None, force: bool = False) -> Path:
    """Get the card's weights, test them, and put them into the cache; returns their file.

    Present weights are kept, unless `force`; a second process waits for the first. `python` is the interpreter of an
    environment with `ultralytics`, for official weights; default: this one. Raises ModelError with the remedy.
    """
    target = weights_file(card)
    if isinstance(card.source, PackagedSource):
        return _packaged_file(card, target)
    with _exclusive_scratch(target) as scratch:
        if target.is_file() and not force:
            return target
        made = _obtain(card, scratch, report, python)
        check_digest(card, made)
        report("testing the model", 0, None)
        recognise(Session(made, providers=["cpu"]), card)
        made.replace(target)
    return target


def _packaged_file(card: ModelCard, file: Path) -> Path:
    """The packaged file. Raises ModelError if it is absent or damaged."""
    if not file.is_file():
        raise ModelError(f"model '{card.name}': it comes with ngatu, but {file} is absent; reinstall ngatu")
    check_digest(card, file)
    return file


def _obtain(card: ModelCard, scratch: Path, report: Report, python: Path | None) -> Path:
    match card.source:
        case UltralyticsSource():
            return export_official(card.source.weights, scratch, report, python)
        case UrlSource():
            return fetch(card.source.url, scratch / "model.onnx", report)
        case PackagedSource():
            return weights_file(card)
        case FileSource(origin=origin):
            raise ModelError(f"model '{card.name}': it was added from {origin}; add it again by `ngatu models add`")


def fetch(url: str, target: Path, report: Report) -> Path:
    """Get weights from an address into a file."""
    try:
        download(url, target, report)
    except OSError as error:
        raise ModelError(
            f"{url}: {error}; this needs the internet. Elsewhere, download the file and bring it here by "
            f"`ngatu models add FILE`, or use '{DEFAULT_MODEL}', which comes with ngatu"
        ) from error
    return target


@contextmanager
def _exclusive_scratch(target: Path) -> Iterator[Path]:
    """Give one process at a time a temporary folder, in which it makes a cached file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(".making")
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def put_into_cache(file: Path, name: str) -> Path:
    """Copy a file atomically into the cache under a model's name; weights beside it are taken into the one file.

    Raises:
        ModelError: its weights cannot be taken in.
    """
    target = cache_dir("models") / f"{name}.onnx"
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    try:
        if _has_weights_beside(file):
            _merge(file, Path(scratch))
        else:
            shutil.copyfile(file, scratch)
        Path(scratch).replace(target)
    finally:
        Path(scratch).unlink(missing_ok=True)
    return target


def _has_weights_beside(file: Path) -> bool:
    """Whether a model keeps weights in other files (ONNX external data)."""
    import onnx  # noqa: PLC0415 - takes a third of a second

    tensors = onnx.load(file, load_external_data=False).graph.initializer
    return any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in tensors)


def _merge(file: Path, target: Path) -> None:
    import onnx  # noqa: PLC0415

    try:
        onnx.save_model(onnx.load(file), target)
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise ModelError(
            f"model {file}: its weights are in other files, which cannot be taken in: {error}; export it as one file"
        ) from error
