"""The pages of definitions have the numbers of the code."""

from pathlib import Path

from vision.analytics.dimensions import LENGTH_M
from vision.analytics.incidents.features.collision_cues import CollisionCueParameters
from vision.analytics.zones.level_of_service import KMH_PER_MPH, LOWER_LIMITS_MPH
from vision.common.object_class import VEHICLES, ObjectClass
from vision.config.incidents import IncidentsConfig
from vision.config.measures import FACTORS

DOCS = Path(__file__).resolve().parents[2] / "docs"
MEASURES, INCIDENTS = ((DOCS / name).read_text(encoding="utf-8") for name in ("measures.md", "incidents.md"))
ORDER = ("bicycle", "motorcycle", "car", "truck", "bus")


def row(page: str, first_cell: str) -> list[str]:
    """The other cells of the first table row that begins with this cell."""
    return next(
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in page.splitlines()
        if line.startswith(f"| {first_cell}")
    )


def test_the_table_of_units_has_the_factors_of_the_code() -> None:
    for table, factors in FACTORS.items():
        assert [float(cell) for cell in row(MEASURES, f"`{table}`")[:5]] == [factors[ObjectClass(c)] for c in ORDER]


def test_the_table_of_levels_of_service_has_the_limits_of_the_code() -> None:
    for road_class, limits_mph in LOWER_LIMITS_MPH.items():
        assert row(MEASURES, f"{road_class.value} |") == [f"{limit * KMH_PER_MPH:.1f}" for limit in limits_mph]


def test_the_page_of_measures_has_the_typical_lengths() -> None:
    text = " ".join(MEASURES.split())
    for object_class in VEHICLES:
        assert f"{object_class} {LENGTH_M[object_class]:g} m" in text


def test_the_table_of_collision_cues_has_their_weights() -> None:
    cues = CollisionCueParameters()
    for cue in ("braking", "abrupt", "together", "crossing", "swerving", "flow", "both"):
        assert float(row(INCIDENTS, cue)[-1]) == getattr(cues, f"{cue}_weight")


def test_the_table_of_incidents_has_the_confirmation_times() -> None:
    settings = IncidentsConfig()
    names = {"collision": "suspected collision", "object_on_road": "object on the road"}
    for kind in IncidentsConfig.model_fields:
        cell = row(INCIDENTS, f"[{names.get(kind, kind.replace('_', ' '))}]")[0]
        assert float(cell.split()[0].rstrip(",")) == getattr(settings, kind).confirm_after.total_seconds()
