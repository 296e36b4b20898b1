"""What a worker tells of traffic: zones, incidents, trouble with the camera, and what it sees just now."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.kit.worker_kit import DrivingSource, camera, picture, until
from tests.kit.worker_place import Place, at_work
from vision.common.traffic_light import Light
from vision.config.camera import CameraConfig
from vision.contracts import (
    FlowReport,
    Incident,
    IncidentKind,
    IncidentPhase,
    PictureCondition,
    SignalUpdate,
    ZoneReport,
)
from vision.core import Frame
from vision.sources import SourceState
from vision.worker.rates import QualityMeter

ROAD = {
    "id": "road",
    "polygon": [[0.02, 0.3], [0.98, 0.3], [0.98, 0.8], [0.02, 0.8]],
    "direction": {"start": [0.1, 0.5], "end": [0.9, 0.5]},
}
AGAINST = ROAD | {"direction": {"start": [0.9, 0.5], "end": [0.1, 0.5]}}
SOON = {"wrong_way": {"confirm_after": 0.3, "clear_after": 0.5}, "camera_trouble": {"confirm_after": 0.5}}


def road_camera(zone: dict[str, object], **more: object) -> CameraConfig:
    return camera(zones=[zone], incidents=SOON, **more)


def incidents(place: Place, kind: IncidentKind) -> list[Incident]:
    return [e for e in place.outbox.events if isinstance(e, Incident) and e.incident_kind is kind]


def slow(config: CameraConfig, **rest: object) -> DrivingSource:
    return DrivingSource(config, lap_s=4.0, **rest)


def test_each_vehicle_that_goes_the_wrong_way_is_one_incident_raised_and_ended_once() -> None:
    with at_work(road_camera(AGAINST), open_source=slow) as place:
        until(lambda: len([i for i in incidents(place, IncidentKind.WRONG_WAY) if i.phase == "ended"]) >= 2, 25)
    told = incidents(place, IncidentKind.WRONG_WAY)
    for incident_id in {incident.incident_id for incident in told}:
        life = [incident for incident in told if incident.incident_id == incident_id]
        phases = [incident.phase for incident in life]
        assert phases[0] is IncidentPhase.RAISED
        assert phases[-1] is IncidentPhase.ENDED
        assert set(phases[1:-1]) <= {IncidentPhase.UPDATED}
        assert [incident.sequence for incident in life] == list(range(len(life)))
        assert life[0].started_at <= life[0].at <= life[-1].at
        assert life[0].zone_id == "road"
        assert "road" in life[0].reason
    assert len({incident.event_id for incident in told}) == len(told)


def test_nobody_who_goes_the_right_way_is_an_incident() -> None:
    with at_work(road_camera(ROAD), open_source=slow) as place:
        until(lambda: len(place.outbox.of("line_crossing")) >= 2, 25)
    assert not incidents(place, IncidentKind.WRONG_WAY)


def test_zones_are_reported_by_the_interval_with_their_quality() -> None:
    with at_work(road_camera(ROAD, interval=1)) as place:
        until(lambda: len(place.outbox.of("zone_report")) >= 3, 20)
    reports = [report for report in place.outbox.of("zone_report") if isinstance(report, ZoneReport)]
    assert {report.zone_id for report in reports} == {"road"}
    starts = [report.interval_start for report in reports]
    assert starts == sorted(set(starts))
    seen = max(reports, key=lambda report: report.quality.watched_s)
    assert seen.quality.watched_s > 0.5
    assert seen.measures.time_occupancy_pct > 20
    assert seen.measures.mean_present > 0.2


def test_reports_of_lines_have_rates_in_units_and_name_the_tables() -> None:
    with at_work(road_camera(ROAD)) as place:
        until(lambda: len(place.outbox.of("line_crossing")) >= 3, 20)
    report = place.outbox.of("flow_report")[-1]
    assert isinstance(report, FlowReport)
    assert report.measures is not None
    assert report.measures.pcu_table == "tcxdvn-104-2007-30"
    [into] = [m for m in report.measures.directions if m.direction == "in"]
    assert into.vehicles > 0
    assert into.pcu_h == into.flow_veh_h == pytest.approx(into.vehicles * 3600 / report.quality.watched_s)
    assert into.mcu_h == pytest.approx(3.4 * into.vehicles * 3600 / report.quality.watched_s)


def test_what_the_camera_sees_just_now_goes_with_its_health() -> None:
    with at_work(road_camera(AGAINST), open_source=slow) as place:
        until(lambda: any(h.traffic and h.traffic.open_incidents for h in place.outbox.health.get("c1", [])), 25)
    told = [health.traffic for health in place.outbox.health["c1"] if health.traffic]
    assert {zone.zone_id for traffic in told for zone in traffic.zones} == {"road"}
    assert {line.line_id for traffic in told for line in traffic.lines} == {"middle"}
    assert any(zone.present for traffic in told for zone in traffic.zones)


def test_live_views_show_zones_and_the_incidents_that_go_on() -> None:
    with at_work(road_camera(AGAINST), open_source=slow) as place:
        place.outbox.watched.add("c1")
        until(lambda: any(view.incidents for view, _ in place.outbox.views), 25)
    view = next(view for view, _ in place.outbox.views if view.incidents)
    assert [zone.zone_id for zone in view.zones] == ["road"]
    assert view.incidents[0].incident_kind is IncidentKind.WRONG_WAY
    assert view.incidents[0].incident_id in {i.incident_id for i in incidents(place, IncidentKind.WRONG_WAY)}


def test_a_camera_that_gives_no_pictures_is_trouble_until_it_does_again() -> None:
    source: list[DrivingSource] = []

    def remembered(config: CameraConfig, **rest: object) -> DrivingSource:
        source.append(DrivingSource(config, **rest))
        return source[0]

    with at_work(road_camera(ROAD), open_source=remembered) as place:
        until(lambda: place.outbox.of("line_crossing"), 20)
        source[0].state = SourceState.STALLED
        until(lambda: incidents(place, IncidentKind.CAMERA_OFFLINE), 10)
        source[0].state = SourceState.ONLINE
        until(lambda: incidents(place, IncidentKind.CAMERA_OFFLINE)[-1].phase == "ended", 25)
    assert [i.phase for i in incidents(place, IncidentKind.CAMERA_OFFLINE)] == ["raised", "ended"]


def test_what_goes_on_ends_when_the_camera_is_watched_no_longer() -> None:
    with at_work(road_camera(AGAINST), open_source=slow) as place:
        until(lambda: incidents(place, IncidentKind.WRONG_WAY), 25)
    last = {i.incident_id: i.phase for i in incidents(place, IncidentKind.WRONG_WAY)}
    assert set(last.values()) == {IncidentPhase.ENDED}


class Restarting(DrivingSource):
    """A recording that begins anew every three seconds."""

    def frames(self) -> Iterator[Frame]:
        for frame in super().frames():
            at_s = frame.media_time_s % 3.0
            yield Frame(frame.camera_id, frame.index, frame.captured_at, at_s, picture(at_s / 3.5))


def test_a_stream_that_begins_anew_ends_what_went_on_at_its_own_time() -> None:
    with at_work(road_camera(AGAINST), open_source=Restarting) as place:
        until(lambda: len([i for i in incidents(place, IncidentKind.WRONG_WAY) if i.phase == "ended"]) >= 2, 30)
    now = datetime.now(UTC)
    for incident in incidents(place, IncidentKind.WRONG_WAY):
        assert now - timedelta(minutes=1) < incident.started_at <= incident.at <= now + timedelta(seconds=1)


def test_an_interval_tells_what_kept_the_camera_from_seeing_well_for_a_good_part_of_it() -> None:
    ten = datetime(2026, 1, 1, 10, tzinfo=UTC)
    meter = QualityMeter(lambda _: ten, timedelta(minutes=1), began_at=ten)
    for until_s, conditions in ((10, ()), (40, (PictureCondition.NIGHT,)), (50, (PictureCondition.GLARE,))):
        now = ten + timedelta(seconds=until_s)
        meter.account(now, watching=True, frames_dropped=0, conditions=conditions)
    assert meter.quality_of(ten).picture == (PictureCondition.NIGHT,)


def test_signals_that_are_told_reach_the_camera_that_has_them() -> None:
    asked: list[str] = []

    def signals(camera_id: str) -> list[SignalUpdate]:
        asked.append(camera_id)
        return [SignalUpdate(camera_id=camera_id, signal_id="lights", light=Light.RED, at=datetime.now(UTC))]

    zone = ROAD | {"stop_line": "middle", "signal": "lights"}
    lights = {"id": "lights", "state": {"kind": "controller"}, "grace": 0}
    with at_work(road_camera(zone, signals=[lights]), camera("c2"), open_source=slow, signals=signals) as place:
        until(lambda: incidents(place, IncidentKind.RED_LIGHT), 30)
    assert set(asked) == {"c1"}
    assert incidents(place, IncidentKind.RED_LIGHT)[0].facts["signal"] == "lights"


def test_a_camera_whose_calibration_contradicts_itself_says_so_and_disturbs_no_other() -> None:
    points = [((0.2, 0.3), (0, 30)), ((0.8, 0.3), (10, 30)), ((0.9, 0.9), (10, 0)), ((0.1, 0.9), (0, 0))]
    points.append(((0.5, 0.6), (14, 10)))
    calibration = {"kind": "points", "points": [{"picture": p, "ground_m": g} for p, g in points]}
    with at_work(camera("c1", calibration=calibration), camera("c2")) as place:
        until(lambda: place.outbox.of("line_crossing", "c2"), 20)
        until(lambda: place.outbox.health["c1"][-1].reason, 10)
    assert any("calibration: point" in health.reason for health in place.outbox.health["c1"])
