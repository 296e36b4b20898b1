"""Provenance of each picture: its camera, time, licence and the reasons for taking it, one JSON line per picture."""

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vision.common.object_class import ObjectClass
from vision.labels.errors import LabelError

PROVENANCE_FILE = "ledger.jsonl"
"""Keeps its old name: existing data sets have it."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hint(_Line):
    """The box of a track in the picture: supported by frames before and after, so more certain than a detection."""

    track_id: int
    object_class: ObjectClass
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    seen: bool
    """False: the detector missed it here, and the box is interpolated between the observations before and after."""


class Entry(_Line):
    """Provenance of one picture."""

    picture: str
    camera_id: str = ""
    captured_at: AwareDatetime | None = None
    frame_index: int | None = Field(None, ge=0)
    reasons: dict[str, int] = {}
    """How often each `UncertaintyReason` applies: `{"gap": 2, "wavering": 5}`."""
    score: float = 0.0
    """Uncertainty score."""
    model: str = ""
    """The detector that ran at the camera."""
    sha256: str = ""
    """Of the picture file as it was written."""
    blurred: bool = False
    """Heads and plates of detected road users are blurred."""
    licence: str = ""
    owner: str = ""
    hints: tuple[Hint, ...] = ()


def append(folder: Path, entry: Entry) -> None:
    """Append an entry. For a picture with several entries the last one counts."""
    with (folder / PROVENANCE_FILE).open("a", encoding="utf-8") as out:
        out.write(entry.model_dump_json() + "\n")


def read_provenance(folder: Path) -> dict[str, Entry]:
    """Entries by picture name; empty if the file does not exist. Raises LabelError with the line."""
    file = folder / PROVENANCE_FILE
    if not file.is_file():
        return {}
    entries: dict[str, Entry] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError as error:
            why = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
            raise LabelError.single(file, why, "fix or remove the line", line=number) from None
        entries[entry.picture] = entry
    return entries
