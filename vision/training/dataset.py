"""A data set in YOLO form: `data.yaml`, pictures, and beside each a text file of boxes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.classes import CLASSES, ObjectClass
from vision.core import NgatuError

Image = NDArray[np.uint8]
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What people say is in a picture."""

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom as fractions of the picture's width and height."""
    class_id: NDArray[np.int64]
    """(N,): index into CLASSES."""

    def __len__(self) -> int:
        return len(self.class_id)

    def in_px(self, image: Image) -> NDArray[np.float32]:
        """(N, 4) boxes in pixels of this picture."""
        height, width = image.shape[:2]
        return self.xyxy * np.array([width, height, width, height], np.float32)


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and the file of its boxes, which may be absent: then nothing is in it."""

    picture: Path
    labels: Path

    @property
    def scene(self) -> str:
        """Where it was taken: the name up to the first `_`, as splits go by scene."""
        return self.picture.stem.partition("_")[0]

    def read(self) -> Image:
        image = cv2.imread(str(self.picture), cv2.IMREAD_COLOR)
        if image is None:
            raise NgatuError(f"picture {self.picture}: it cannot be read; remove it or replace it by a whole one")
        return np.asarray(image, np.uint8)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder with `data.yaml`, and which of our classes each of its numbers means."""

    folder: Path
    name: str
    numbers: tuple[ObjectClass, ...]
    splits: dict[str, Path]

    def pictures(self, split: str) -> list[LabelledPicture]:
        """The split's pictures by name. Raises NgatuError where there are none."""
        if split not in self.splits:
            raise NgatuError(f"data set {self.folder}: it has no '{split}'; its splits are {', '.join(self.splits)}")
        folder = self.splits[split]
        found = sorted(f for f in folder.rglob("*") if f.suffix.lower() in PICTURES)
        if not found:
            raise NgatuError(f"data set {self.folder}: no pictures in {folder}, where its '{split}' should lie")
        return [LabelledPicture(file, _labels_file(file)) for file in found]

    def labels(self, of: LabelledPicture) -> Labels:
        """The boxes of one picture, in our numbering."""
        if not of.labels.is_file():
            return Labels(np.empty((0, 4), np.float32), np.empty(0, np.int64))
        rows = [line.split() for line in of.labels.read_text(encoding="utf-8").splitlines() if line.strip()]
        return _parse(of.labels, rows, self.numbers)


def read_dataset(path: Path) -> DataSet:
    """The data set in a folder, or of a `data.yaml`. Raises NgatuError naming what is wrong with it."""
    file = path / "data.yaml" if path.is_dir() else path
    try:
        said = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise NgatuError(f"data set {path}: {file.name} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(said, dict) or "names" not in said:
        raise NgatuError(f"data set {path}: {file.name} must have `names`, and `train` and `val` folders")
    root = (file.parent / str(said.get("path", "."))).resolve()
    splits = {s: root / str(said[s]) for s in ("train", "val", "test") if said.get(s)}
    return DataSet(file.parent, file.parent.resolve().name, _numbers(file, said["names"]), splits)


def digest(pictures: Iterable[LabelledPicture]) -> str:
    """SHA-256 over the pictures' and labels' bytes, in order of their names: the same data give the same."""
    whole = hashlib.sha256()
    for one in pictures:
        for file in (one.picture, one.labels):
            whole.update(hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return whole.hexdigest()


def file_digest(file: Path) -> str:
    """SHA-256 of one file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_labels(file: Path, labels: Labels) -> None:
    """Boxes in YOLO form (class, centre, size as fractions), in our numbering."""
    centre, size = (labels.xyxy[:, :2] + labels.xyxy[:, 2:]) / 2, labels.xyxy[:, 2:] - labels.xyxy[:, :2]
    rows = [
        f"{number} " + " ".join(f"{v:.6f}" for v in (*c, *s))
        for number, c, s in zip(labels.class_id, centre, size, strict=True)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(row + "\n" for row in rows), encoding="utf-8")


def _labels_file(picture: Path) -> Path:
    """`…/images/train/a.jpg` to `…/labels/train/a.txt`, as YOLO has it: the last `images` is replaced."""
    parts = list(picture.parts)
    where = [i for i, part in enumerate(parts[:-1]) if part == "images"]
    if where:
        parts[where[-1]] = "labels"
    return Path(*parts).with_suffix(".txt")


def _numbers(file: Path, names: Any) -> tuple[ObjectClass, ...]:
    listed = [names[i] for i in sorted(names)] if isinstance(names, dict) else list(names)
    unknown = [str(n) for n in listed if n not in set(CLASSES)]
    if unknown:
        raise NgatuError(
            f"data set {file}: class '{unknown[0]}' is none of ours; `names` may hold {', '.join(CLASSES)} in any order"
        )
    return tuple(ObjectClass(n) for n in listed)


def _parse(file: Path, rows: Sequence[Sequence[str]], numbers: tuple[ObjectClass, ...]) -> Labels:
    try:
        values = np.array([[float(v) for v in row] for row in rows], np.float32).reshape(-1, 5)
        ours = np.array([numbers[int(v)].class_id for v in values[:, 0]], np.int64)
    except (ValueError, IndexError) as error:
        raise NgatuError(
            f"labels {file}: a line must be `class x y width height`, the class 0 to {len(numbers) - 1}, the rest "
            f"fractions of the picture ({error})"
        ) from error
    half = values[:, 3:] / 2
    boxes = np.concatenate([values[:, 1:3] - half, values[:, 1:3] + half], axis=1).clip(0, 1)
    return Labels(boxes.astype(np.float32), ours)
