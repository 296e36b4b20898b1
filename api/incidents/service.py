"""The list of incidents, and one incident's history."""

from api.incidents.schemas import IncidentHistory, IncidentOut, IncidentUpdateOut
from api.pagination.csv_export import csv_columns
from api.pagination.filters import Filter
from api.pagination.pages import Listing
from api.pagination.queries import Order
from api.pagination.store_reader import Source, StoreReader
from api.storage.event_rows import Row, with_place
from api.storage.tables import IncidentRow, IncidentUpdateRow

MAX_UPDATES = 10_000


def _incident(row: Row) -> IncidentOut:
    return IncidentOut.model_validate(with_place(row))


def _columns() -> tuple[str, ...]:
    """The CSV's columns: its id leads, and the end's cause follows the end."""
    derived = csv_columns(IncidentOut, without=("event_id", "incident_id", "ended_because", "captured_at"))
    split = derived.index("ended_at") + 1
    return ("incident_id", *derived[:split], "ended_because", *derived[split:])


INCIDENTS = Listing("incidents", Source(IncidentRow.started_at), _incident, _columns())
UPDATES = Source(IncidentUpdateRow.at)


async def incident_history(reader: StoreReader, incident_id: str) -> IncidentHistory | None:
    """An incident and its updates; `None`: there is no such incident."""
    wanted = Filter(columns={"incident_id": (incident_id,)})
    found = (await reader.page(INCIDENTS.source, wanted, limit=1, order=Order.OLDEST_FIRST)).rows
    if not found:
        return None
    updates = (await reader.page(UPDATES, wanted, limit=MAX_UPDATES, order=Order.OLDEST_FIRST)).rows
    updates.sort(key=lambda row: int(row["sequence"]))
    return IncidentHistory(
        incident=_incident(found[0]), updates=[IncidentUpdateOut.model_validate(with_place(row)) for row in updates]
    )
