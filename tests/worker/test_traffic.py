"""What a worker publishes about traffic: zones, incidents, camera trouble and the current traffic."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.kit.running_worker import RunningWorker, running_worker
from tests.kit.worker_kit import DrivingSource, camera, picture, until
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
from vision.worker.camera.rates import QualityMeter

ROAD = {
    "id": "road",
    "polygon": [[0.02, 0.3], [0.98, 0.3], [0.98, 0.8], [0.02, 0.8]],
    "direction": {"start": [0.1, 0.5], "end": [0.9, 0.5]},
}
AGAINST = ROAD | {"direction": {"start": [0.9, 0.5], "end": [0.1, 0.5]}}
SOON = {"wrong_way": {"confirm_after": 0.3, "clear_after": 0.5}, "camera_trouble": {"confirm_after": 0.5}}


def road_camera(zone: dict[str, object], **more: object) -> CameraConfig:
    return camera(zones=[zone], incidents=SOON, **more)


def incidents(worker: RunningWorker, kind: IncidentKind) -> list[Incident]:
    return [e for e in worker.sink.events if isinstance(e, Incident) and e.incident_kind is kind]


def slow(config: CameraConfig, **rest: object) -> DrivingSource:
    return DrivingSource(config, lap_s=4.0, **rest)


def test_each_wrong_way_vehicle_is_one_incident_raised_and_ended_once() -> None:
    with running_worker(road_camera(AGAINST), open_source=slow) as worker:
        until(lambda: len([i for i in incidents(worker, IncidentKind.WRONG_WAY) if i.phase == "ended"]) >= 2, 25)
    found = incidents(worker, IncidentKind.WRONG_WAY)
    for incident_id in {incident.incident_id for incident in found}:
        life = [incident for incident in found if incident.incident_id == incident_id]
        phases = [incident.phase for incident in life]
        assert phases[0] is IncidentPhase.RAISED
        assert phases[-1] is IncidentPhase.ENDED
        assert set(phases[1:-1]) <= {IncidentPhase.UPDATED}
        assert [incident.sequence for incident in life] == list(range(len(life)))
        assert life[0].started_at <= life[0].at <= life[-1].at
        assert life[0].zone_id == "road"
        assert "road" in life[0].reason
    assert len({incident.event_id for incident in found}) == len(found)


def test_a_vehicle_in_the_right_direction_is_no_incident() -> None:
    with running_worker(road_camera(ROAD), open_source=slow) as worker:
        until(lambda: len(worker.sink.of("line_crossing")) >= 2, 25)
    assert not incidents(worker, IncidentKind.WRONG_WAY)


def test_each_interval_reports_its_zones_with_quality() -> None:
    with running_worker(road_camera(ROAD, interval=1)) as worker:
        until(lambda: len(worker.sink.of("zone_report")) >= 3, 20)
    reports = [report for report in worker.sink.of("zone_report") if isinstance(report, ZoneReport)]
    assert {report.zone_id for report in reports} == {"road"}
    starts = [report.interval_start for report in reports]
    assert starts == sorted(set(starts))
    seen = max(reports, key=lambda report: report.quality.watched_s)
    assert seen.quality.watched_s > 0.5
    assert seen.measures.time_occupancy_pct > 20
    assert seen.measures.mean_present > 0.2


def test_line_reports_have_pcu_and_mcu_rates_and_name_their_tables() -> None:
    with running_worker(road_camera(ROAD)) as worker:
        until(lambda: len(worker.sink.of("line_crossing")) >= 3, 20)
    report = worker.sink.of("flow_report")[-1]
    assert isinstance(report, FlowReport)
    assert report.measures is not None
    assert report.measures.pcu_table == "tcxdvn-104-2007-30"
    [into] = [m for m in report.measures.directions if m.direction == "in"]
    assert into.vehicles > 0
    assert into.pcu_h == into.flow_veh_h == pytest.approx(into.vehicles * 3600 / report.quality.watched_s)
    assert into.mcu_h == pytest.approx(3.4 * into.vehicles * 3600 / report.quality.watched_s)


def test_health_contains_the_current_traffic() -> None:
    with running_worker(road_camera(AGAINST), open_source=slow) as worker:
        until(lambda: any(h.traffic and h.traffic.open_incidents for h in worker.sink.health.get("c1", [])), 25)
    found = [health.traffic for health in worker.sink.health["c1"] if health.traffic]
    assert {zone.zone_id for traffic in found for zone in traffic.zones} == {"road"}
    assert {line.line_id for traffic in found for line in traffic.lines} == {"middle"}
    assert any(zone.present for traffic in found for zone in traffic.zones)


def test_the_traffic_of_a_camera_that_went_blind_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.worker.camera.session.MAX_TRAFFIC_AGE_S", 0.5)
    blind = threading.Event()

    def stops(number: int) -> None:
        if number > 40:
            blind.wait(20)

    def source(config: CameraConfig, **rest: object) -> DrivingSource:
        return DrivingSource(config, trouble=stops, **rest)

    with running_worker(road_camera(ROAD), open_source=source) as worker:
        until(lambda: any(health.traffic for health in worker.sink.health.get("c1", [])), 15)
        until(lambda: worker.sink.health["c1"][-1].traffic is None, 15)
        blind.set()


def test_live_views_show_zones_and_open_incidents() -> None:
    with running_worker(road_camera(AGAINST), open_source=slow) as worker:
        worker.sink.watched.add("c1")
        until(lambda: any(view.incidents for view, _ in worker.sink.views), 25)
    view = next(view for view, _ in worker.sink.views if view.incidents)
    assert [zone.zone_id for zone in view.zones] == ["road"]
    assert view.incidents[0].incident_kind is IncidentKind.WRONG_WAY
    assert view.incidents[0].incident_id in {i.incident_id for i in incidents(worker, IncidentKind.WRONG_WAY)}


def test_a_stalled_camera_is_an_incident_until_it_recovers() -> None:
    source: list[DrivingSource] = []

    def remembered(config: CameraConfig, **rest: object) -> DrivingSource:
        source.append(DrivingSource(config, **rest))
        return source[0]

    with running_worker(road_camera(ROAD), open_source=remembered) as worker:
        until(lambda: worker.sink.of("line_crossing"), 20)
        source[0].state = SourceState.STALLED
        until(lambda: incidents(worker, IncidentKind.CAMERA_OFFLINE), 10)
        source[0].state = SourceState.ONLINE
        until(lambda: incidents(worker, IncidentKind.CAMERA_OFFLINE)[-1].phase == "ended", 25)
    assert [i.phase for i in incidents(worker, IncidentKind.CAMERA_OFFLINE)] == ["raised", "ended"]


def test_open_incidents_end_when_the_camera_stops() -> None:
    with running_worker(road_camera(AGAINST), open_source=slow) as worker:
        until(lambda: incidents(worker, IncidentKind.WRONG_WAY), 25)
    last = {i.incident_id: i.phase for i in incidents(worker, IncidentKind.WRONG_WAY)}
    assert set(last.values()) == {IncidentPhase.ENDED}


class RestartingSource(DrivingSource):
    """A recording that starts again every three seconds."""

    def frames(self) -> Iterator[Frame]:
        for frame in super().frames():
            at_s = frame.media_time_s % 3.0
            yield Frame(frame.camera_id, frame.index, frame.captured_at, at_s, picture(at_s / 3.5))


def test_a_restarted_stream_ends_open_incidents_at_its_own_time() -> None:
    with running_worker(road_camera(AGAINST), open_source=RestartingSource) as worker:
        until(lambda: len([i for i in incidents(worker, IncidentKind.WRONG_WAY) if i.phase == "ended"]) >= 2, 30)
    now = datetime.now(UTC)
    for incident in incidents(worker, IncidentKind.WRONG_WAY):
        assert now - timedelta(minutes=1) < incident.started_at <= incident.at <= now + timedelta(seconds=1)


def test_a_picture_condition_is_reported_when_it_held_for_a_quarter_of_the_interval() -> None:
    ten = datetime(2026, 1, 1, 10, tzinfo=UTC)
    meter = QualityMeter(lambda _: ten, timedelta(minutes=1), began_at=ten)
    for until_s, conditions in ((10, ()), (40, (PictureCondition.NIGHT,)), (50, (PictureCondition.GLARE,))):
        now = ten + timedelta(seconds=until_s)
        meter.advance(now, watching=True, frames_dropped=0, conditions=conditions)
    assert meter.quality_of(ten).picture == (PictureCondition.NIGHT,)


def test_signal_updates_reach_only_the_camera_that_has_the_signal() -> None:
    asked: list[str] = []

    def signals(camera_id: str) -> list[SignalUpdate]:
        asked.append(camera_id)
        return [SignalUpdate(camera_id=camera_id, signal_id="lights", light=Light.RED, at=datetime.now(UTC))]

    zone = ROAD | {"stop_line": "middle", "signal": "lights"}
    lights = {"id": "lights", "state": {"kind": "controller"}, "grace": 0}
    with running_worker(road_camera(zone, signals=[lights]), camera("c2"), open_source=slow, signals=signals) as worker:
        until(lambda: incidents(worker, IncidentKind.RED_LIGHT), 30)
    assert set(asked) == {"c1"}
    assert incidents(worker, IncidentKind.RED_LIGHT)[0].facts["signal"] == "lights"


def test_a_contradictory_calibration_is_reported_and_affects_no_other_camera() -> None:
    points = [((0.2, 0.3), (0, 30)), ((0.8, 0.3), (10, 30)), ((0.9, 0.9), (10, 0)), ((0.1, 0.9), (0, 0))]
    points.append(((0.5, 0.6), (14, 10)))
    calibration = {"kind": "points", "points": [{"picture": p, "ground_m": g} for p, g in points]}
    with running_worker(camera("c1", calibration=calibration), camera("c2")) as worker:
        until(lambda: worker.sink.of("line_crossing", "c2"), 20)
        until(lambda: worker.sink.health["c1"][-1].reason, 10)
    assert any("calibration: point" in health.reason for health in worker.sink.health["c1"])
