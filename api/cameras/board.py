"""The current health of every camera, from workers' updates and their expiring keys in Redis."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from api.cameras.schemas import CameraStatus
from api.errors import unknown_camera
from api.storage.camera_files import CameraFiles
from vision.common.redaction import redact
from vision.contracts import CameraHealth, CameraState, keys

TICK_S = 1.0
MAX_TRAFFIC_AGE = timedelta(seconds=10)
"""Traffic that was measured longer before the report is not the present one, whatever the sender thinks."""
SILENT_AFTER_S = 2.5
"""Without an update for this long, a camera's key is read."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Received:
    health: CameraHealth
    received_at: float


class HealthBoard:
    """The health of all cameras that have a file here or that a worker reports."""

    def __init__(self, redis: Redis, files: CameraFiles, on_status: Callable[[CameraStatus], None]) -> None:
        """`on_status` is called with each status received, and every second with those of lost cameras."""
        self._redis = redis
        self._files = files
        self._on_status = on_status
        self._received: dict[str, _Received] = {}
        self._last: dict[str, CameraHealth] = {}
        self._refused = ""
        self.invalid = 0
        """Updates that were no health."""
        self.trouble = ""
        """Why no health can be received; empty if it can."""

    def ids(self) -> list[str]:
        """All cameras' ids, sorted."""
        files = self._files.now
        return sorted({*files.cameras, *files.problems, *self._received})

    def require(self, camera_id: str) -> str:
        """The id, if there is such a camera.

        Raises:
            ProblemError: 404, there is none.
        """
        known = self.ids()
        if camera_id not in known:
            raise unknown_camera(camera_id, known)
        return camera_id

    def status(self, camera_id: str) -> CameraStatus:
        """One camera's status; `lost` if the camera is unknown."""
        received = self._received.get(camera_id)
        if received is not None:
            known = received.health.model_dump() | self._config_error(received.health)
            if _is_outdated(received.health):
                known["traffic"] = None
            return CameraStatus.model_validate(known)
        state, reason = self._why_silent(camera_id)
        last = self._last.get(camera_id)
        known = last.model_dump(include={"session_id", "worker_id", "at", "model", "provider"}) if last else {}
        since = last.at if last else None
        return CameraStatus.model_validate(
            {"camera_id": camera_id, "state": state, "reason": reason, "since": since}
            | known
            | {"config_error": self._files.now.problem(camera_id)}
        )

    def _config_error(self, health: CameraHealth) -> dict[str, str]:
        """What its worker says, or else what this service finds: they may read the folder on two machines."""
        return {"config_error": health.config_error or self._files.now.problem(health.camera_id)}

    def statuses(self) -> list[CameraStatus]:
        """All cameras' statuses, by id."""
        return [self.status(camera_id) for camera_id in self.ids()]

    async def listen(self) -> None:
        """Receive workers' updates for ever; retries while Redis is away."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as updates:
                    await updates.psubscribe(keys.health_channel("*"))
                    while True:
                        message = await updates.get_message(timeout=1.0)
                        if message is not None:
                            self._receive(message["data"])
            except (RedisError, OSError):
                await asyncio.sleep(TICK_S)

    async def watch(self) -> None:
        """Every second, for ever: check silent cameras' keys, and report lost cameras."""
        while True:
            started = time.monotonic()
            try:
                await self._check_keys(self._silent())
                self.trouble = ""
            except (RedisError, OSError) as error:
                self.trouble = redact(str(error))
                self._remove(self._silent())
            for camera_id in self.ids():
                if camera_id not in self._received:
                    self._on_status(self.status(camera_id))
            await asyncio.sleep(max(0.05, TICK_S - (time.monotonic() - started)))

    def _silent(self) -> list[str]:
        now = time.monotonic()
        return [
            i for i in self.ids() if i not in self._received or now - self._received[i].received_at > SILENT_AFTER_S
        ]

    async def _check_keys(self, camera_ids: list[str]) -> None:
        if not camera_ids:
            await self._redis.ping()
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for camera_id in camera_ids:
                pipe.get(keys.health(camera_id))
            answers = await pipe.execute(raise_on_error=False)
        self._remove(i for i, answer in zip(camera_ids, answers, strict=True) if self._receive_key(answer) != i)

    def _remove(self, camera_ids: Iterable[str]) -> None:
        """Drop cameras' health; the last one of a camera with a file is kept to describe it while it is lost."""
        for camera_id in camera_ids:
            received = self._received.pop(camera_id, None)
            if received is not None and camera_id in self._files.now.cameras:
                self._last[camera_id] = received.health

    def _receive_key(self, answer: bytes | ResponseError | None) -> str | None:
        """The id of the camera whose health a key holds; None: no key, or it holds something else.

        Raises:
            redis.exceptions.ResponseError: Redis answers no question at all.
        """
        if isinstance(answer, ResponseError):
            if not str(answer).startswith("WRONGTYPE"):
                raise answer
            self._refuse(str(answer))
            return None
        return None if answer is None else self._receive(answer)

    def _receive(self, text: bytes) -> str | None:
        """Take an update; returns its camera's id, or None where it is no health."""
        try:
            health = CameraHealth.model_validate_json(text)
        except Exception as error:  # noqa: BLE001 - one sender's nonsense concerns no other camera
            self._refuse(str(error))
            return None
        self._received[health.camera_id] = _Received(health, time.monotonic())
        self._on_status(self.status(health.camera_id))
        return health.camera_id

    def _refuse(self, reason: str) -> None:
        """Count an update that is no health; the same reason is logged once."""
        self.invalid += 1
        if reason != self._refused:
            log.warning("invalid health update", reason=reason)
        self._refused = reason

    def _why_silent(self, camera_id: str) -> tuple[CameraState, str]:
        files = self._files.now
        if camera_id in files.problems and camera_id not in files.cameras:
            return CameraState.MISCONFIGURED, files.problems[camera_id]
        if camera_id in files.cameras and not files.cameras[camera_id].enabled:
            return CameraState.STOPPED, "its file has `enabled: false`"
        if self.trouble:
            return CameraState.LOST, f"Redis is away, so no worker's report arrives: {self.trouble}"
        return CameraState.LOST, "no worker reports it: is `ngatu work` running?"


def _is_outdated(health: CameraHealth) -> bool:
    return health.traffic is not None and health.at - health.traffic.at > MAX_TRAFFIC_AGE
