"""Numbers the sessions of each camera, so that their order does not depend on any machine's clock."""

import time
from contextlib import suppress
from pathlib import Path

import redis
import structlog

from vision.common.atomic_file import write_atomically
from vision.config.bus import connect, explain
from vision.config.settings import BusSettings
from vision.contracts import keys

log = structlog.get_logger(__name__)

FOLDER = "sessions"
"""In the state folder: the last number of each camera."""
_TIMEOUT_S = 0.5
_RETRY_S = 5.0
_RAISE = """
local number = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])) + 1
redis.call('SET', KEYS[1], string.format('%.0f', number))
return number
"""


class SessionNumbers:
    """Gives each session of a camera a greater number than all before it.

    The last number is kept in Redis, for a camera that moves to another machine, and on disk, for when Redis is away or
    was emptied. Where both are lost, the seconds since 1970 are greater than any number so far: sessions are rarer.
    """

    def __init__(self, settings: BusSettings, state: Path) -> None:
        """
        Raises:
            BusError: the address of Redis has no known form.
        """
        self._url = settings.redis_url
        self._client = connect(settings.redis_url, timeout_s=_TIMEOUT_S, retries=0)
        self._raise = self._client.register_script(_RAISE)
        self._folder = state / FOLDER
        self._last: dict[str, int] = {}
        self._ask_again_at_s = 0.0

    def next(self, camera_id: str) -> int:
        """The number of the camera's next session. Waits for Redis for half a second at most; never raises."""
        last = max(self._last.get(camera_id, 0), self._read(camera_id)) or int(time.time())
        number = max(self._from_redis(camera_id, last), last + 1)
        self._last[camera_id] = number
        self._write(camera_id, number)
        return number

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _from_redis(self, camera_id: str, last: int) -> int:
        if time.monotonic() < self._ask_again_at_s:
            return 0
        try:
            return int(self._raise(keys=[keys.session_counter(camera_id)], args=[last]))
        except (redis.RedisError, ValueError) as error:
            log.warning("session numbered without Redis", camera=camera_id, reason=explain(error, self._url))
            self._ask_again_at_s = time.monotonic() + _RETRY_S
            return 0

    def _read(self, camera_id: str) -> int:
        with suppress(OSError, ValueError):
            return int(self._path(camera_id).read_text())
        return 0

    def _write(self, camera_id: str, number: int) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path(camera_id), str(number).encode())
        except OSError as error:
            log.warning("session number not saved", camera=camera_id, reason=str(error))

    def _path(self, camera_id: str) -> Path:
        return self._folder / camera_id
