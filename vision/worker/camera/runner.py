"""Runs one camera in a worker: starts its sessions, restarts them after failures, and reports its health."""

import structlog

from vision.common.backoff import Backoff
from vision.common.redaction import redact
from vision.config.camera import CameraConfig
from vision.contracts import CameraState, StreamStats, TrafficNow
from vision.core import Detections, NgatuError, SourceError
from vision.worker.batching import PendingFrame
from vision.worker.camera.health import HealthReporter
from vision.worker.camera.session import CameraSession
from vision.worker.camera.session_ids import SessionIds
from vision.worker.context import WorkerContext

REPORT_EVERY_S = 1.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
HEALTHY_AFTER_S = 60.0
"""After a session of at least this length, a failure is retried after the first wait again."""

log = structlog.get_logger(__name__)


class CameraRunner:
    """One camera: watched, idle for a reason, or waiting for a retry.

    It is the boundary of its camera: no method raises, a failure is logged once and ends only this camera's session.
    """

    def __init__(self, camera_id: str, context: WorkerContext) -> None:
        self.camera_id = camera_id
        self.camera: CameraConfig | None = None
        self.config_error = ""
        """What is wrong with its file although it runs."""
        self._context = context
        self._health = HealthReporter(camera_id, context)
        self._ids = SessionIds(context.session_number(camera_id))
        self._session: CameraSession | None = None
        self._last_session: CameraSession | None = None
        self._state = CameraState.CONNECTING
        self._reason = ""
        self._stats = StreamStats()
        self._traffic: TrafficNow | None = None
        self._backoff = Backoff(first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S)
        self._retry_at_s: float | None = None
        self._report_at_s = float("-inf")
        self._is_report_failing = False

    def watch(self, camera: CameraConfig, config_error: str = "") -> None:
        """Watch the camera by this configuration; one that has not changed goes on undisturbed."""
        self.config_error = config_error
        if camera == self.camera:
            return
        self._end_session()
        self.camera = camera
        self._backoff.reset()
        self._begin()

    def idle(self, state: CameraState, reason: str, config_error: str = "") -> None:
        """Stop watching, and report why."""
        self._end_session()
        self.camera, self.config_error = None, config_error
        self._set_idle(state, reason)

    def process(self, pending: PendingFrame, detections: Detections, inference_ms: float) -> None:
        """Analyse one of its frames."""
        if self._session is None:
            return
        try:
            self._session.process(pending, detections, inference_ms)
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)

    def tick(self) -> None:
        """Retry, report and close intervals where it is time; to be called several times a second."""
        now_s = self._context.clock.monotonic()
        try:
            if self._retry_at_s is not None and now_s >= self._retry_at_s:
                self._begin()
            self._tick_session()
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)
        self._report()

    def fail(self, error: Exception) -> None:
        """End the session that failed and schedule a retry; the wait doubles with each failure in a row."""
        session, self._session = self._session, None
        if session is not None and self._context.clock.monotonic() - session.began_at_s > HEALTHY_AFTER_S:
            self._backoff.reset()
        wait_s = self._backoff.next_wait_s()
        is_expected = isinstance(error, NgatuError)
        reason = redact(str(error) if is_expected else f"{type(error).__name__}: {error}")
        log.error(
            "camera failed",
            camera=self.camera_id,
            reason=reason,
            retry_in_s=wait_s,
            exc_info=None if is_expected else error,
        )
        if session is not None:
            self._close(session)
        state = CameraState.UNREACHABLE if isinstance(error, SourceError) else CameraState.FAILED
        self._set_idle(state, f"{reason}; retrying in {wait_s:g} s")
        self._retry_at_s = self._context.clock.monotonic() + wait_s

    def close(self, reason: str) -> None:
        """Stop for good: reports the interval that has begun, then the state `stopped`."""
        self._last_session = self._session
        self.idle(CameraState.STOPPED, reason)
        self.tick()

    def join(self, timeout_s: float) -> None:
        """Wait for its capture thread after `close`."""
        if self._last_session is not None:
            self._last_session.join(timeout_s)

    def _begin(self) -> None:
        self._retry_at_s = None
        if self.camera is None:
            return
        try:
            self._session = CameraSession(self.camera, self._context)
        except Exception as error:  # noqa: BLE001 - the camera's boundary
            self.fail(error)
            return
        self._ids = self._session.ids

    def _tick_session(self) -> None:
        if self._session is None:
            return
        status = self._session.tick()
        self._state, self._reason = CameraState(status.state.value), status.reason
        if self._is_report_due() or self._session.is_over:
            self._stats, self._traffic = self._session.stats(status), self._session.traffic()
        if self._session.is_over:
            self._end_session()

    def _is_report_due(self) -> bool:
        return self._context.clock.monotonic() >= self._report_at_s

    def _report(self) -> None:
        try:
            self._health.enter(self._state, self._reason, self._ids)
            if self._is_report_due():
                self._report_at_s = self._context.clock.monotonic() + REPORT_EVERY_S
                reason = "; ".join(filter(None, (self._reason, self.config_error)))
                self._health.report(reason, self._ids, self._stats, self._traffic, config_error=self.config_error)
            self._is_report_failing = False
        except Exception:
            if not self._is_report_failing:
                log.exception("camera health not published", camera=self.camera_id)
            self._is_report_failing = True

    def _set_idle(self, state: CameraState, reason: str) -> None:
        self._state, self._reason, self._stats, self._traffic = state, reason, StreamStats(), None
        self._retry_at_s = None
        self._report_at_s = float("-inf")

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._close(session)

    def _close(self, session: CameraSession) -> None:
        try:
            session.close()
        except Exception:
            log.exception("last interval not reported", camera=self.camera_id)
