"""What is reported of each interval: flow over lines, traffic in zones, and how far to trust them."""

from collections.abc import Iterable
from datetime import datetime

from vision.analytics.lines.intervals import Flow, FlowAggregator
from vision.analytics.lines.live import LiveLines
from vision.analytics.lines.measures import measures_of
from vision.analytics.zones.intervals import ZoneAggregator, ZoneInterval
from vision.analytics.zones.live import zones_now
from vision.config.camera import CameraConfig
from vision.contracts import FlowReport, PictureCondition, TrafficNow, ZoneReport
from vision.pipeline import FrameResult
from vision.worker.context import Outlet
from vision.worker.identity import SessionIds
from vision.worker.rates import QualityMeter


class Intervals:
    """One session's intervals. Each is reported once, when it is over or the session ends."""

    def __init__(self, camera: CameraConfig, ids: SessionIds, outlet: Outlet, *, began_at: datetime) -> None:
        self._camera = camera
        self._ids = ids
        self._outlet = outlet
        line_ids = [line.id for line in camera.lines]
        self._flow = FlowAggregator(line_ids, camera.interval, began_at=began_at)
        self._zones = ZoneAggregator(camera, began_at=began_at)
        self._lines_now = LiveLines(line_ids, camera.measures.equivalents, began_at=began_at)
        self._is_blind = False
        self._quality = QualityMeter(self._flow.floor_to_interval, camera.interval, began_at=began_at)

    def add(self, seen: FrameResult, now: datetime) -> None:
        """Take in what a frame showed."""
        self._quality.processed(now)
        self.count(seen)
        if seen.scene is not None:
            self._zones.add(seen.scene, seen.captured_at)

    def count(self, seen: FrameResult) -> None:
        """Count the crossings."""
        for crossing in seen.crossings:
            crossed_at = seen.wall_time(crossing.at_s)
            self._flow.add(crossing, crossed_at)
            self._lines_now.add(crossing, crossed_at)

    def account(
        self, now: datetime, *, watching: bool, frames_dropped: int, conditions: Iterable[PictureCondition]
    ) -> None:
        """The time until `now` has passed. Who comes after a blind time does not follow who went before it."""
        self._quality.account(now, watching=watching, frames_dropped=frames_dropped, conditions=conditions)
        if watching and self._is_blind:
            self._flow.interrupt()
            self._lines_now.interrupt(now)
        self._is_blind = not watching

    def report(self, now: datetime) -> None:
        """Publish the intervals that are over."""
        self._publish(self._flow.close(now), self._zones.close(now))

    def report_all(self, now: datetime) -> None:
        """Publish everything there is, the interval that has begun included."""
        self._publish(self._flow.close_all(now), self._zones.close_all(now))

    def traffic_now(self, seen: FrameResult, *, open_incidents: int) -> TrafficNow:
        """What the camera sees just now; `seen` is its newest frame."""
        state = seen.image.quality if seen.image else None
        return TrafficNow(
            at=seen.captured_at,
            zones=zones_now(seen.scene) if seen.scene else (),
            lines=self._lines_now.now(seen.captured_at),
            congestion=seen.congestion,
            picture=tuple(c for c in PictureCondition if state and c in state.conditions),
            is_suspended=bool(state and state.is_suspended),
            open_incidents=open_incidents,
        )

    def _publish(self, flows: list[Flow], zones: list[ZoneInterval]) -> None:
        for flow in flows:
            self._publish_flow(flow)
        for zone in zones:
            self._publish_zone(zone)
        told = [*(flow.start + flow.length for flow in flows), *(zone.start + zone.length for zone in zones)]
        if told:
            self._quality.forget_before(max(told))

    def _publish_flow(self, flow: Flow) -> None:
        quality = self._quality.quality_of(flow.start)
        self._outlet.publish(
            FlowReport(
                event_id=self._ids.next(),
                camera_id=self._camera.id,
                session_id=self._ids.session_id,
                line_id=flow.line_id,
                interval_start=flow.start,
                interval_s=flow.length.total_seconds(),
                counts=flow.counts,
                quality=quality,
                measures=measures_of(flow, quality, self._camera.measures.equivalents),
            )
        )

    def _publish_zone(self, zone: ZoneInterval) -> None:
        self._outlet.publish(
            ZoneReport(
                event_id=self._ids.next(),
                camera_id=self._camera.id,
                session_id=self._ids.session_id,
                zone_id=zone.zone_id,
                interval_start=zone.start,
                interval_s=zone.length.total_seconds(),
                measures=zone.measures,
                quality=self._quality.quality_of(zone.start),
            )
        )
