"""Reports each interval: flow across lines, traffic in zones, and how much of the interval was watched."""

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
from vision.worker.camera.rates import QualityMeter
from vision.worker.camera.session_ids import SessionIds
from vision.worker.context import EventSink


class IntervalReporter:
    """The intervals of one session. Each is reported once, when it is over or the session ends."""

    def __init__(self, camera: CameraConfig, ids: SessionIds, sink: EventSink, *, began_at: datetime) -> None:
        self._camera = camera
        self._ids = ids
        self._sink = sink
        line_ids = [line.id for line in camera.lines]
        self._flow = FlowAggregator(line_ids, camera.interval, began_at=began_at)
        self._zones = ZoneAggregator(camera, began_at=began_at)
        self._live_lines = LiveLines(line_ids, camera.measures.equivalents, began_at=began_at)
        self._is_blind = False
        self._quality = QualityMeter(self._flow.floor_to_interval, camera.interval, began_at=began_at)

    def add(self, result: FrameResult, now: datetime) -> None:
        """Add one analysed frame."""
        self._quality.add_frame(now)
        self.add_crossings(result)
        if result.scene is not None:
            self._zones.add(result.scene, result.captured_at)

    def add_crossings(self, result: FrameResult) -> None:
        """Add the crossings of a frame."""
        for crossing in result.crossings:
            crossed_at = result.wall_time(crossing.at_s)
            self._flow.add(crossing, crossed_at)
            self._live_lines.add(crossing, crossed_at)

    def advance(
        self, now: datetime, *, watching: bool, frames_dropped: int, conditions: Iterable[PictureCondition]
    ) -> None:
        """Record the time until `now`. A time without frames interrupts headways: it has no vehicle to follow."""
        self._quality.advance(now, watching=watching, frames_dropped=frames_dropped, conditions=conditions)
        if watching and self._is_blind:
            self._flow.interrupt()
            self._live_lines.interrupt(now)
        self._is_blind = not watching

    def report(self, now: datetime) -> None:
        """Publish the intervals that are over at `now`."""
        self._publish(self._flow.close(now), self._zones.close(now))

    def report_all(self, now: datetime) -> None:
        """Publish all intervals, the one that has begun included."""
        self._publish(self._flow.close_all(now), self._zones.close_all(now))

    def traffic_now(self, result: FrameResult, *, open_incidents: int) -> TrafficNow:
        """The current traffic; `result` is the newest frame."""
        quality = result.image.quality if result.image else None
        return TrafficNow(
            at=result.captured_at,
            zones=zones_now(result.scene) if result.scene else (),
            lines=self._live_lines.now(result.captured_at),
            congestion=result.congestion,
            picture=tuple(c for c in PictureCondition if quality and c in quality.conditions),
            is_suspended=bool(quality and quality.is_suspended),
            open_incidents=open_incidents,
        )

    def _publish(self, flows: list[Flow], zones: list[ZoneInterval]) -> None:
        for flow in flows:
            self._publish_flow(flow)
        for zone in zones:
            self._publish_zone(zone)
        ends = [*(flow.start + flow.length for flow in flows), *(zone.start + zone.length for zone in zones)]
        if ends:
            self._quality.discard_before(max(ends))

    def _publish_flow(self, flow: Flow) -> None:
        quality = self._quality.quality_of(flow.start)
        self._sink.publish(
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
        self._sink.publish(
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
