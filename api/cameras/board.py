"""How every camera is just now, kept by listening: workers tell each second, and their key in Redis expires."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.cameras.files import CameraFiles
from api.cameras.schemas import CameraStatus
from vision.common.redaction import redact
from vision.contracts import CameraHealth, CameraState, keys

TICK_S = 1.0
SILENT_AFTER_S = 2.5
"""Who was not heard of for this long is asked for by its key."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Heard:
    health: CameraHealth
    heard_at: float


class HealthBoard:
    """The cameras that have a file here, and those of which a worker speaks."""

    def __init__(self, redis: Redis, files: CameraFiles, tell: Callable[[CameraStatus], None]) -> None:
        """`tell` is called with each status as it is heard, and each second with those of which no worker speaks."""
        self._redis = redis
        self._files = files
        self._tell = tell
        self._heard: dict[str, _Heard] = {}
        self._last: dict[str, CameraHealth] = {}
        self.trouble = ""
        """Why nobody can be heard; empty when all is well."""

    def ids(self) -> list[str]:
        """All cameras' ids, in order."""
        files = self._files.now
        return sorted({*files.cameras, *files.problems, *self._heard})

    def status(self, camera_id: str) -> CameraStatus:
        """One camera's; of one that is not known, that it is lost."""
        heard = self._heard.get(camera_id)
        if heard is not None:
            return CameraStatus.model_validate(heard.health.model_dump())
        state, reason = self._why_silent(camera_id)
        last = self._last.get(camera_id)
        known = last.model_dump(include={"session_id", "worker_id", "at", "model", "provider"}) if last else {}
        since = last.at if last else None
        return CameraStatus.model_validate(
            {"camera_id": camera_id, "state": state, "reason": reason, "since": since} | known
        )

    def statuses(self) -> list[CameraStatus]:
        """All cameras'."""
        return [self.status(camera_id) for camera_id in self.ids()]

    async def listen(self) -> None:
        """Hear what workers tell; for ever, through Redis's absences."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as told:
                    await told.psubscribe(keys.health_channel("*"))
                    while True:
                        message = await told.get_message(timeout=1.0)
                        if message is not None:
                            self._hear(message["data"])
            except (RedisError, OSError):
                await asyncio.sleep(TICK_S)

    async def watch(self) -> None:
        """Each second: read changed files, ask for the silent, and tell who is lost; for ever."""
        while True:
            started = time.monotonic()
            await self._files.refresh()
            try:
                await self._ask_for(self._silent())
                self.trouble = ""
            except (RedisError, OSError) as error:
                self.trouble = redact(str(error))
                self._forget(self._silent())
            for camera_id in self.ids():
                if camera_id not in self._heard:
                    self._tell(self.status(camera_id))
            await asyncio.sleep(max(0.05, TICK_S - (time.monotonic() - started)))

    def _silent(self) -> list[str]:
        now = time.monotonic()
        return [i for i in self.ids() if i not in self._heard or now - self._heard[i].heard_at > SILENT_AFTER_S]

    async def _ask_for(self, camera_ids: list[str]) -> None:
        if not camera_ids:
            await self._redis.ping()
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            for camera_id in camera_ids:
                pipe.get(keys.health(camera_id))
            answers = await pipe.execute()
        self._forget(camera_id for camera_id, answer in zip(camera_ids, answers, strict=True) if answer is None)
        for answer in answers:
            if answer is not None:
                self._hear(answer)

    def _forget(self, camera_ids: Iterable[str]) -> None:
        """What was last heard is kept of cameras that have a file; others are gone."""
        for camera_id in camera_ids:
            heard = self._heard.pop(camera_id, None)
            if heard is not None and camera_id in self._files.now.cameras:
                self._last[camera_id] = heard.health

    def _hear(self, text: bytes) -> None:
        try:
            health = CameraHealth.model_validate_json(text)
        except ValidationError as error:
            log.warning("health that cannot be read", reason=error.errors(include_url=False, include_input=False)[0])
            return
        self._heard[health.camera_id] = _Heard(health, time.monotonic())
        self._tell(self.status(health.camera_id))

    def _why_silent(self, camera_id: str) -> tuple[CameraState, str]:
        files = self._files.now
        if camera_id in files.problems:
            return CameraState.MISCONFIGURED, files.problems[camera_id]
        if camera_id in files.cameras and not files.cameras[camera_id].enabled:
            return CameraState.STOPPED, "its file says `enabled: false`"
        if self.trouble:
            return CameraState.LOST, f"Redis is away, so no worker can be heard: {self.trouble}"
        return CameraState.LOST, "no worker speaks for it: is `ngatu work` running?"
