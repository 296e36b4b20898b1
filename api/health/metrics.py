"""The service as Prometheus sees it. Cameras' figures are made at each scrape, so a gone camera leaves no labels."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.cameras.schemas import CameraStatus
from api.dependencies import Services
from api.storage.lag import Lag
from vision.contracts import CameraState, StreamStats

_GAUGES = {
    "received_fps": ("ngatu_camera_received_fps", "Frames received a second."),
    "processed_fps": ("ngatu_camera_processed_fps", "Frames looked at a second."),
    "target_fps": ("ngatu_camera_target_fps", "Frames that should be looked at a second."),
    "inference_ms": ("ngatu_camera_inference_milliseconds", "Median inference time of a picture."),
    "queue_age_ms": ("ngatu_camera_queue_age_milliseconds", "Median age of a frame when detection takes it up."),
    "latency_ms": ("ngatu_camera_latency_milliseconds", "Median from capture to publication."),
    "latency_p95_ms": ("ngatu_camera_latency_p95_milliseconds", "95th percentile from capture to publication."),
}
_COUNTERS = {
    "frames_received": ("ngatu_camera_frames_received", "Frames received in this session."),
    "frames_processed": ("ngatu_camera_frames_processed", "Frames looked at in this session."),
    "frames_dropped": ("ngatu_camera_frames_dropped", "Frames due for detection that newer ones overtook."),
    "reconnects": ("ngatu_camera_reconnects", "Times that the stream was opened anew."),
}


class ServiceCollector(Collector):
    """Reads a process's services at each scrape."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.lags: list[Lag] | None = None
        """Asked for just before a scrape; `None`: Redis is away."""

    def collect(self) -> Iterator[Metric]:
        yield from self._of_service()
        yield from _of_cameras(self._services.board.statuses())

    def _of_service(self) -> Iterator[Metric]:
        services = self._services
        store = services.store
        yield _counter("ngatu_store_events", "Events stored by this process.", store.stored)
        yield _counter("ngatu_store_duplicates", "Events met again that were stored before.", store.duplicates)
        yield _counter(
            "ngatu_store_dead_letters", "Entries put aside because they cannot be stored.", store.dead_letters
        )
        yield _counter("ngatu_store_lost", "Events trimmed from Redis before they were stored.", store.lost)
        if self.lags is not None:
            lag_s = max(lag.seconds for lag in self.lags)
            pending = sum(lag.pending for lag in self.lags)
            yield _gauge("ngatu_store_lag_seconds", "Age of the oldest event that is not stored.", lag_s)
            yield _gauge("ngatu_store_pending", "Events taken and not yet stored, over all processes.", pending)
        yield _gauge("ngatu_redis_up", "Whether Redis answers.", float(self.lags is not None))
        yield _gauge("ngatu_sse_clients", "Clients that follow /api/v1/events.", services.feed.followers)
        yield _counter(
            "ngatu_sse_sent_off", "Clients that were too slow and were disconnected.", services.feed.sent_off
        )
        yield _gauge("ngatu_live_viewers", "Clients that watch a camera's live view.", services.hub.watchers)


def _of_cameras(statuses: Iterable[CameraStatus]) -> Iterator[Metric]:
    heard = [s for s in statuses if s.state not in (CameraState.LOST, CameraState.MISCONFIGURED)]
    states = GaugeMetricFamily(
        "ngatu_camera_state", "1 for the state that the camera is in.", labels=("camera", "state")
    )
    outbox = GaugeMetricFamily("ngatu_camera_outbox_size", "Events that wait for Redis.", labels=("camera",))
    for status in statuses:
        for state in CameraState:
            states.add_metric((status.camera_id, state.value), float(status.state is state))
    incidents = GaugeMetricFamily("ngatu_camera_open_incidents", "Incidents that go on.", labels=("camera",))
    for status in heard:
        outbox.add_metric((status.camera_id,), status.outbox_size)
        if status.traffic is not None:
            incidents.add_metric((status.camera_id,), status.traffic.open_incidents)
    yield states
    yield outbox
    yield incidents
    yield from _of_streams([(status.camera_id, status.stats) for status in heard])


def _of_streams(streams: list[tuple[str, StreamStats]]) -> Iterator[Metric]:
    for figure, (name, words) in _GAUGES.items():
        gauge = GaugeMetricFamily(name, words, labels=("camera",))
        for camera_id, stats in streams:
            gauge.add_metric((camera_id,), getattr(stats, figure))
        yield gauge
    for figure, (name, words) in _COUNTERS.items():
        counter = CounterMetricFamily(name, words, labels=("camera",))
        for camera_id, stats in streams:
            counter.add_metric((camera_id,), getattr(stats, figure))
        yield counter


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)
