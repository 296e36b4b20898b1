"""A camera's boundary in a worker: whatever befalls one camera stops here, is said once, and is tried again."""

import structlog

from vision.common.backoff import Backoff
from vision.common.redaction import redact
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, StreamStats, TrafficNow
from vision.core import Detections, NgatuError, SourceError
from vision.worker.batching import PendingFrame
from vision.worker.context import WorkerContext
from vision.worker.health import HealthReporter
from vision.worker.identity import SessionIds
from vision.worker.session import CameraSession

TELL_EVERY_S = 1.0
FIRST_RETRY_S = 1.0
LAST_RETRY_S = 60.0
SOUND_AFTER_S = 60.0
"""A session that lasted so long was sound: the next failure is retried soon again."""

log = structlog.get_logger(__name__)


class CameraRunner:
    """One camera as its worker sees it: watched, idle for a reason, or waiting to be tried again. Raises nothing."""

    def __init__(self, camera_id: str, around: WorkerContext) -> None:
        self.camera_id = camera_id
        self.camera: CameraConfig | None = None
        self.remark = ""
        """Something about its file that people should know although it runs."""
        self._around = around
        self._teller = HealthReporter(camera_id, around)
        self._ids = SessionIds(around.clock)
        self._session: CameraSession | None = None
        self._last: CameraSession | None = None
        self._state = CameraState.CONNECTING
        self._reason = ""
        self._stats = StreamStats()
        self._traffic: TrafficNow | None = None
        self._backoff = Backoff(first_s=FIRST_RETRY_S, longest_s=LAST_RETRY_S)
        self._retry_at_s: float | None = None
        self._tell_at_s = float("-inf")
        self._is_mute = False

    def serve(self, camera: CameraConfig, remark: str = "") -> None:
        """Watch it by this configuration; nothing is disturbed when it is the same as before."""
        self.remark = remark
        if camera == self.camera:
            return
        self._end_session()
        self.camera = camera
        self._backoff.reset()
        self._begin()

    def idle(self, state: CameraState, reason: str) -> None:
        """Do not watch it, and say why."""
        self._end_session()
        self.camera, self.remark = None, ""
        self._rest(state, reason)

    def take(self, due: PendingFrame, detections: Detections, inference_ms: float) -> None:
        """Count one of its frames."""
        if self._session is None:
            return
        try:
            self._session.take(due, detections, inference_ms)
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)

    def tick(self) -> None:
        """To be called several times a second."""
        now_s = self._around.clock.monotonic()
        try:
            if self._retry_at_s is not None and now_s >= self._retry_at_s:
                self._begin()
            self._look_after_session()
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)
        self._say()

    def fail(self, error: Exception) -> None:
        """End the session that broke, and try again later, each time a little later."""
        session, self._session = self._session, None
        if session is not None and self._around.clock.monotonic() - session.began_at_s > SOUND_AFTER_S:
            self._backoff.reset()
        wait_s = self._backoff.next_wait_s()
        known = isinstance(error, NgatuError)
        why = redact(str(error) if known else f"{type(error).__name__}: {error}")
        log.error(
            "camera failed",
            camera=self.camera_id,
            error=why,
            retry_in_s=wait_s,
            exc_info=None if known else error,
        )
        if session is not None:
            self._close(session)
        state = CameraState.UNREACHABLE if isinstance(error, SourceError) else CameraState.FAILED
        self._rest(state, f"{why}; retrying in {wait_s:g} s")
        self._retry_at_s = self._around.clock.monotonic() + wait_s

    def close(self, reason: str) -> None:
        """End it for good: the interval that has begun is reported, and the state is `stopped`."""
        self._last = self._session
        self.idle(CameraState.STOPPED, reason)
        self.tick()

    def join(self, timeout_s: float) -> None:
        """After `close`, wait for its thread."""
        if self._last is not None:
            self._last.join(timeout_s)

    def _begin(self) -> None:
        self._retry_at_s = None
        if self.camera is None:
            return
        try:
            self._session = CameraSession(self.camera, self._around)
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)
            return
        self._ids = self._session.ids

    def _look_after_session(self) -> None:
        if self._session is None:
            return
        status = self._session.tick()
        self._state, self._reason = CameraState(status.state.value), status.reason
        if self._is_time_to_tell() or self._session.is_over:
            self._stats, self._traffic = self._session.stats(status), self._session.traffic()
        if self._session.is_over:
            self._end_session()

    def _is_time_to_tell(self) -> bool:
        return self._around.clock.monotonic() >= self._tell_at_s

    def _say(self) -> None:
        try:
            self._teller.enter(self._state, self._reason, self._ids)
            if self._is_time_to_tell():
                self._tell_at_s = self._around.clock.monotonic() + TELL_EVERY_S
                reason = "; ".join(filter(None, (self._reason, self.remark)))
                self._teller.tell(reason, self._ids, self._stats, self._traffic)
            self._is_mute = False
        except Exception:
            if not self._is_mute:
                log.exception("health could not be told", camera=self.camera_id)
            self._is_mute = True

    def _rest(self, state: CameraState, reason: str) -> None:
        self._state, self._reason, self._stats, self._traffic = state, redact(reason), StreamStats(), None
        self._retry_at_s = None
        self._tell_at_s = float("-inf")

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._close(session)

    def _close(self, session: CameraSession) -> None:
        try:
            session.close()
        except Exception:
            log.exception("last report failed", camera=self.camera_id)
