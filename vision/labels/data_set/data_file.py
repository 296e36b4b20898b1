"""Reads `data.yaml`, which names a YOLO data set's classes and picture folders."""

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.common.object_class import CLASSES
from vision.labels.errors import LabelError

DATA_FILE = "data.yaml"
SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class DataFile:
    """The content of a `data.yaml`."""

    names: tuple[str, ...]
    """The data set's class names, in the order of their numbers."""
    folders: dict[str, Path]
    """The picture folder of each split."""


def read_data_file(file: Path) -> DataFile:
    """Read a `data.yaml`. Raises LabelError with the mistake and its remedy."""
    if not file.is_file():
        raise LabelError.single(
            file.parent,
            f"no data set: it has no {file.name}",
            "name a folder in YOLO form, as `ngatu labels harvest` or `import` creates it",
        )
    try:
        content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise LabelError.single(file, "not YAML: " + " ".join(str(error).split())[:200], "fix or replace it") from None
    content = content if isinstance(content, dict) else {}
    names = content.get("names")
    if isinstance(names, dict) and set(names) == set(range(len(names))):
        names = [names[number] for number in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise LabelError.single(file, "no list of class names", f"write `names: [{', '.join(CLASSES)}]`")
    root = (file.parent / str(content.get("path") or ".")).resolve()
    return DataFile(tuple(names), {split: root / str(content[split]) for split in SPLITS if content.get(split)})
