"""Publishes a worker's events to Redis without loss, and live views while somebody watches."""

from vision.publishing.delivery import OutboxStatus, RedisPublisher
from vision.publishing.embedded import EmbeddedRedis, EmbeddedRedisError
from vision.publishing.live import HEALTH_KEPT_S, LivePublisher
from vision.publishing.outbox_file import OutboxError
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
