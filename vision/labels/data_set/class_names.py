"""Maps class names of other data sets to `ObjectClass`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vision.common.class_names import road_user_of
from vision.common.object_class import CLASSES
from vision.labels.errors import LabelError

IGNORED = "-"
"""A name mapped to this has its boxes left out."""
CLASS_IDS = {str(kind): kind.class_id for kind in CLASSES}


def class_id_of(
    name: str, names: Mapping[str, str], path: Path, *, line: int | None = None, place: str = ""
) -> int | None:
    """The class number of a name, None where `names` leaves it out. Raises LabelError with the file and location."""
    mapped = names.get(name) or str(road_user_of(name) or name)
    if mapped == IGNORED:
        return None
    if mapped not in CLASS_IDS:
        raise LabelError.single(
            path,
            f"class {name!r} is unknown; the classes are {', '.join(CLASS_IDS)}",
            f"map it by `ngatu labels import … --map {name}=car`, or leave it out by `--map {name}={IGNORED}`",
            line=line,
            place=place,
        )
    return CLASS_IDS[mapped]


def class_numbers(class_names: Sequence[str], names: Mapping[str, str], path: Path) -> dict[int, int | None]:
    """`ObjectClass.class_id` by class number of a data set; None where its boxes are left out."""
    return {number: class_id_of(name, names, path) for number, name in enumerate(class_names)}
