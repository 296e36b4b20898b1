"""What a worker says about a camera, over all its sessions: changes durably, the rest every second."""

from vision.contracts import CameraHealth, CameraState, HealthChange, StreamStats, TrafficNow
from vision.worker.context import WorkerContext
from vision.worker.identity import SessionIds


class HealthReporter:
    """Remembers the state told last, so that each change is told once."""

    def __init__(self, camera_id: str, around: WorkerContext) -> None:
        self._camera_id = camera_id
        self._around = around
        self._told: CameraState | None = None
        self._since = around.clock.now()

    def enter(self, state: CameraState, reason: str, ids: SessionIds) -> None:
        """Publish a change of state; nothing when it is the state told last."""
        if state is self._told:
            return
        now = self._around.clock.now()
        change = HealthChange(
            event_id=ids.next(),
            camera_id=self._camera_id,
            session_id=ids.session_id,
            state=state,
            previous=self._told,
            reason=reason,
            at=now,
        )
        self._around.outlet.publish(change)
        self._told = state
        self._since = now

    def tell(self, reason: str, ids: SessionIds, stats: StreamStats, traffic: TrafficNow | None = None) -> None:
        """Say how the camera is just now."""
        if self._told is None:
            return
        health = CameraHealth(
            camera_id=self._camera_id,
            session_id=ids.session_id,
            worker_id=self._around.worker_id,
            state=self._told,
            reason=reason,
            since=self._since,
            at=self._around.clock.now(),
            outbox_size=self._around.outlet.outbox_size(),
            trouble=self._around.running.trouble,
            model=self._around.running.model,
            provider=self._around.running.provider,
            stats=stats,
            traffic=traffic,
        )
        self._around.outlet.tell(health)
