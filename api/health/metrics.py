"""Prometheus metrics of the service, made at each scrape, so that a removed camera leaves no labels behind."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.cameras.board import HealthBoard
from api.cameras.schemas import CameraStatus
from api.live.feed import EventFeed
from api.live.views import LiveHub
from api.storage.consumer import StoreStats
from api.storage.lag import Lag
from api.supervision import SupervisedTasks
from vision.contracts import CameraState, StreamStats

_GAUGES = {
    "received_fps": ("ngatu_camera_received_fps", "Received frames per second."),
    "processed_fps": ("ngatu_camera_processed_fps", "Analysed frames per second."),
    "target_fps": ("ngatu_camera_target_fps", "Frames per second that should be analysed."),
    "inference_ms": ("ngatu_camera_inference_milliseconds", "Median inference time of a frame."),
    "queue_age_ms": ("ngatu_camera_queue_age_milliseconds", "Median age of a frame when its detection starts."),
    "latency_ms": ("ngatu_camera_latency_milliseconds", "Median from capture to publication."),
    "latency_p95_ms": ("ngatu_camera_latency_p95_milliseconds", "95th percentile from capture to publication."),
}
_WORKER_GAUGES = {
    "outbox_size": ("ngatu_camera_outbox_size", "Events of its worker that wait for Redis."),
    "outbox_oldest_s": ("ngatu_camera_outbox_oldest_seconds", "How long the oldest of them has waited."),
    "events_lost": ("ngatu_camera_events_lost", "Events that its worker lost since it started."),
    "clock_skew_s": ("ngatu_camera_clock_skew_seconds", "How far its worker's clock is ahead of Redis's."),
}
_COUNTERS = {
    "frames_received": ("ngatu_camera_frames_received", "Frames received in this session."),
    "frames_processed": ("ngatu_camera_frames_processed", "Frames analysed in this session."),
    "frames_dropped": ("ngatu_camera_frames_dropped", "Frames due for detection that newer ones replaced."),
    "reconnects": ("ngatu_camera_reconnects", "Times that the stream was opened again."),
}


@dataclass(frozen=True)
class ServiceCollector(Collector):
    """Collects a process's metrics at each scrape."""

    board: HealthBoard
    stats: StoreStats
    feed: EventFeed
    hub: LiveHub
    tasks: SupervisedTasks
    lags: Sequence[Lag] | None = None
    """The streams' lags, read just before a scrape; `None`: Redis is away."""
    missing: int | None = None
    """Missing events found in the last day; `None`: the database is away."""

    def collect(self) -> Iterator[Metric]:
        yield from self._service_metrics()
        yield from _camera_metrics(self.board.statuses())

    def _service_metrics(self) -> Iterator[Metric]:
        stats, lags = self.stats, self.lags
        yield _counter("ngatu_store_events", "Events stored by this process.", stats.stored)
        yield _counter("ngatu_store_duplicates", "Events received again after they were stored.", stats.duplicates)
        yield _counter("ngatu_store_dead_letters", "Entries put aside because they are unstorable.", stats.dead_letters)
        yield _counter("ngatu_store_lost", "Events trimmed from Redis before they were stored.", stats.lost)
        if self.missing is not None:
            yield _gauge(
                "ngatu_store_missing",
                "Events that were published and are not stored, found in the last 24 hours.",
                self.missing,
            )
        if lags is not None:
            yield _gauge(
                "ngatu_store_lag_seconds", "Age of the oldest event not stored.", max(lag.seconds for lag in lags)
            )
            yield _gauge(
                "ngatu_store_pending",
                "Events taken and not yet stored, over all processes.",
                sum(lag.pending for lag in lags),
            )
        yield _gauge("ngatu_redis_up", "Whether Redis responds.", float(lags is not None))
        yield _gauge("ngatu_sse_clients", "Clients that follow /api/v1/events.", self.feed.followers)
        yield _counter("ngatu_sse_sent_off", "Clients disconnected because they were too slow.", self.feed.disconnected)
        yield _counter("ngatu_invalid_health", "Health updates that were none.", self.board.invalid)
        failures = CounterMetricFamily("ngatu_task_failures", "Exceptions of background tasks.", labels=("task",))
        for task, times in self.tasks.failures.items():
            failures.add_metric((task,), times)
        yield failures
        yield _gauge("ngatu_tasks_failing", "Background tasks that fail now.", len(self.tasks.troubles()))
        yield _gauge("ngatu_live_viewers", "Clients that watch a camera's live view.", self.hub.viewers)


def _camera_metrics(statuses: Iterable[CameraStatus]) -> Iterator[Metric]:
    reported = [s for s in statuses if s.state not in (CameraState.LOST, CameraState.MISCONFIGURED)]
    states = GaugeMetricFamily("ngatu_camera_state", "1 for the camera's state.", labels=("camera", "state"))
    worker = [GaugeMetricFamily(name, text, labels=("camera",)) for name, text in _WORKER_GAUGES.values()]
    for status in statuses:
        for state in CameraState:
            states.add_metric((status.camera_id, state.value), float(status.state is state))
    errors = GaugeMetricFamily(
        "ngatu_camera_config_error", "1 if the camera's file is not used as it is.", labels=["camera"]
    )
    for status in statuses:
        errors.add_metric((status.camera_id,), float(bool(status.config_error)))
    incidents = GaugeMetricFamily("ngatu_camera_open_incidents", "Open incidents.", labels=("camera",))
    for status in reported:
        for gauge, field in zip(worker, _WORKER_GAUGES, strict=True):
            gauge.add_metric((status.camera_id,), float(getattr(status, field) or 0))
        if status.traffic is not None:
            incidents.add_metric((status.camera_id,), status.traffic.open_incidents)
    yield states
    yield from worker
    yield errors
    yield incidents
    yield from _stream_metrics([(status.camera_id, status.stats) for status in reported])


def _stream_metrics(streams: list[tuple[str, StreamStats]]) -> Iterator[Metric]:
    for field, (name, help_text) in _GAUGES.items():
        gauge = GaugeMetricFamily(name, help_text, labels=("camera",))
        for camera_id, stats in streams:
            gauge.add_metric((camera_id,), getattr(stats, field))
        yield gauge
    for field, (name, help_text) in _COUNTERS.items():
        counter = CounterMetricFamily(name, help_text, labels=("camera",))
        for camera_id, stats in streams:
            counter.add_metric((camera_id,), getattr(stats, field))
        yield counter


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)
