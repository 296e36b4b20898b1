"""Where each picture of a data set comes from and why it was taken: a line of JSON a picture, only ever added to."""

import hashlib
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vision.common.object_class import ObjectClass
from vision.labels.errors import LabelError

LEDGER_FILE = "ledger.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hint(_Line):
    """Where a track was in the picture: known from before and after, too, so surer than one look."""

    track_id: int
    object_class: ObjectClass
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    seen: bool
    """False: the detector missed it here, and the place is reckoned from the sightings before and after."""


class Entry(_Line):
    """One picture."""

    picture: str
    camera_id: str = ""
    captured_at: AwareDatetime | None = None
    frame_index: int | None = Field(None, ge=0)
    reasons: dict[str, int] = {}
    """How often each doubt was there: `{"gap": 2, "wavering": 5}`."""
    score: float = 0.0
    """How much there was to doubt."""
    model: str = ""
    """The detector that doubted."""
    sha256: str = ""
    """Of the picture's file as it was written."""
    blurred: bool = False
    """Heads and plates were blurred where the detector saw road users."""
    licence: str = ""
    owner: str = ""
    hints: tuple[Hint, ...] = ()


def append(folder: Path, entry: Entry) -> None:
    """Add a line. A picture may come twice; the later line holds."""
    with (folder / LEDGER_FILE).open("a", encoding="utf-8") as out:
        out.write(entry.model_dump_json() + "\n")


def read_ledger(folder: Path) -> dict[str, Entry]:
    """The entries by picture; none where there is no ledger. Raises LabelError naming the line."""
    file = folder / LEDGER_FILE
    if not file.is_file():
        return {}
    entries: dict[str, Entry] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError as error:
            why = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the line'}: {e['msg']}" for e in error.errors())
            raise LabelError.single(file, why, "mend the line, or remove it", line=number) from None
        entries[entry.picture] = entry
    return entries


def digest_of(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
