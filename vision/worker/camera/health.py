"""Reports a camera's health across its sessions: state changes durably, the current state every second."""

from vision.common.redaction import redact
from vision.contracts import CameraHealth, CameraState, HealthChange, StreamStats, TrafficNow
from vision.worker.camera.session_ids import SessionIds
from vision.worker.context import WorkerContext


class HealthReporter:
    """Publishes each change of state once, and the current state on demand."""

    def __init__(self, camera_id: str, context: WorkerContext) -> None:
        self._camera_id = camera_id
        self._context = context
        self._state: CameraState | None = None
        self._since = context.clock.now()

    def enter(self, state: CameraState, reason: str, ids: SessionIds) -> None:
        """Publish a change of state; does nothing when `state` is the one published last."""
        if state is self._state:
            return
        now = self._context.clock.now()
        change = HealthChange(
            event_id=ids.next(),
            camera_id=self._camera_id,
            session_id=ids.session_id,
            state=state,
            previous=self._state,
            reason=redact(reason),
            at=now,
        )
        self._context.sink.publish(change)
        self._state = state
        self._since = now

    def report(
        self,
        reason: str,
        ids: SessionIds,
        stats: StreamStats,
        traffic: TrafficNow | None = None,
        *,
        config_error: str = "",
    ) -> None:
        """Publish the current health; does nothing before the first `enter`."""
        if self._state is None:
            return
        model, outbox, skew = self._context.active_model, self._context.sink.status(), self._context.clock_skew()
        health = CameraHealth(
            camera_id=self._camera_id,
            session_id=ids.session_id,
            worker_id=self._context.worker_id,
            state=self._state,
            reason=redact(reason),
            config_error=redact(config_error),
            since=self._since,
            at=self._context.clock.now(),
            outbox_size=outbox.size,
            outbox_oldest_s=outbox.oldest_s,
            events_lost=outbox.dropped,
            clock_skew_s=skew.seconds,
            trouble=redact("; ".join(filter(None, (outbox.trouble, skew.trouble, model.trouble)))),
            model=model.model,
            provider=model.provider,
            stats=stats,
            traffic=traffic,
        )
        self._context.sink.publish_health(health)
