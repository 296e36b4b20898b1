"""The list of incidents, and one incident's words."""

from api.incidents.schemas import IncidentHistory, IncidentOut, IncidentWordOut
from api.listing.filters import Filter
from api.listing.pages import Listing
from api.listing.queries import Order
from api.listing.reading import Source, StoreReader
from api.storage.rows import Row
from api.storage.tables import IncidentRow, IncidentWordRow

WORDS_AT_MOST = 10_000


def _with_place(row: Row) -> Row:
    place = None if row["place_x"] is None else (row["place_x"], row["place_y"])
    return row | {"place": place}


def _incident(row: Row) -> IncidentOut:
    return IncidentOut.model_validate(_with_place(row))


INCIDENTS = Listing(
    "incidents",
    Source(IncidentRow, "started_at"),
    _incident,
    (
        "incident_id", "camera_id", "session_id", "incident_kind", "phase", "sequence", "started_at", "at", "ended_at",
        "ended_because", "zone_id", "line_id", "movement_id", "place_x", "place_y", "track_ids", "classes",
        "confidence", "reason",
    ),
)  # fmt: skip
WORDS = Source(IncidentWordRow, "at")


async def history_of(reader: StoreReader, incident_id: str) -> IncidentHistory | None:
    """`None`: there is no such incident."""
    wanted = Filter(columns={"incident_id": (incident_id,)})
    found = (await reader.page(INCIDENTS.source, wanted, limit=1, order=Order.OLDEST_FIRST)).items
    if not found:
        return None
    words = (await reader.page(WORDS, wanted, limit=WORDS_AT_MOST, order=Order.OLDEST_FIRST)).items
    words.sort(key=lambda word: int(word["sequence"]))
    return IncidentHistory(
        incident=_incident(found[0]), words=[IncidentWordOut.model_validate(_with_place(word)) for word in words]
    )
