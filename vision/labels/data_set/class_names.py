"""Other people's names of classes, and which of ours each stands for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vision.common.object_class import CLASSES
from vision.labels.errors import LabelError

NOT_OURS = "-"
"""What a name is mapped to whose boxes are to be left out."""
OURS = {str(kind): kind.class_id for kind in CLASSES}


def class_of(
    name: str, names: Mapping[str, str], path: Path, *, line: int | None = None, place: str = ""
) -> int | None:
    """Our class of a name, None where `names` says to leave it out. Raises LabelError naming the file and the place."""
    wanted = names.get(name, name.strip().lower())
    if wanted == NOT_OURS:
        return None
    if wanted not in OURS:
        raise LabelError.single(
            path,
            f"class {name!r} is none of ours ({', '.join(OURS)})",
            f"say which it is by `ngatu labels import … --map {name}=car`, or leave it out: `--map {name}={NOT_OURS}`",
            line=line,
            place=place,
        )
    return OURS[wanted]


def numbers_of(own: Sequence[str], names: Mapping[str, str], path: Path) -> dict[int, int | None]:
    """A data set's class numbers to ours; None where boxes are to be left out."""
    return {number: class_of(name, names, path) for number, name in enumerate(own)}
