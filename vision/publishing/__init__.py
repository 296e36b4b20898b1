"""What a worker sees goes out from here: events so that none is lost, the live view as long as somebody looks."""

from vision.publishing.delivery import OutboxStatus, RedisPublisher
from vision.publishing.embedded import EmbeddedRedis, EmbeddedRedisError
from vision.publishing.live import HEALTH_KEPT_S, LivePublisher
from vision.publishing.outbox import OutboxError
from vision.publishing.publisher import JsonlPublisher, MemoryPublisher, Publisher

__all__ = [
    "HEALTH_KEPT_S",
    "EmbeddedRedis",
    "EmbeddedRedisError",
    "JsonlPublisher",
    "LivePublisher",
    "MemoryPublisher",
    "OutboxError",
    "OutboxStatus",
    "Publisher",
    "RedisPublisher",
]
