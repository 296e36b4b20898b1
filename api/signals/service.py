"""Passes what a signal shows on to the camera's worker."""

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.errors import ProblemError, bad_parameter
from api.settings import ServiceSettings
from api.signals.schemas import LightShown, SignalAccepted
from api.storage.camera_files import CameraFiles
from vision.config.bus import explain
from vision.config.zones import ControllerConfig
from vision.contracts import SignalUpdate, keys

MAX_AHEAD = timedelta(seconds=2)
"""A state from further in the future would stay valid for too long."""


class SignalService:
    """Checks what controllers report, and publishes it."""

    def __init__(self, redis: Redis, files: CameraFiles, settings: ServiceSettings) -> None:
        self._redis = redis
        self._files = files
        self._settings = settings

    async def publish(self, camera_id: str, signal_id: str, shown: LightShown) -> SignalAccepted:
        """Publish a signal's state to the camera's worker.

        Raises:
            ProblemError: 404 or 422, the signal is unknown, has another kind of state, or the time is in the future;
                503, Redis is away.
        """
        self._require_controlled(camera_id, signal_id)
        update = SignalUpdate(camera_id=camera_id, signal_id=signal_id, light=shown.light, at=_time(shown))
        try:
            heard_by = await self._redis.publish(keys.signal_channel(camera_id), update.model_dump_json())
        except (RedisError, OSError) as error:
            raise ProblemError(503, "redis-away", explain(error, self._settings.redis_url)) from error
        return SignalAccepted(update=update, heard_by=heard_by)

    def _require_controlled(self, camera_id: str, signal_id: str) -> None:
        """Check the signal's kind; without the camera's file here, that is left to its worker."""
        config = self._files.now.cameras.get(camera_id)
        if config is None:
            return
        signals = {signal.id: signal for signal in config.signals}
        if signal_id not in signals:
            names = ", ".join(sorted(signals)) or "none; add one under `signals` in its file"
            detail = f"camera {camera_id!r} has no signal {signal_id!r}; signals: {names}"
            raise ProblemError(404, "unknown-signal", detail)
        state = signals[signal_id].state
        if not isinstance(state, ControllerConfig):
            remedy = "write `kind: controller` under its `state` to report it here"
            raise bad_parameter("signal_id", f"the state of signal {signal_id!r} is of the kind {state.kind!r}", remedy)


def _time(shown: LightShown) -> datetime:
    now = datetime.now(UTC)
    at = shown.at or now
    if at > now + MAX_AHEAD:
        ahead_s = (at - now).total_seconds()
        raise bad_parameter("body.at", f"{ahead_s:.0f} s in the future", "set the controller's clock, or leave it out")
    return at
