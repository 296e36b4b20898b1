"""Settings of a process, from environment variables (`NGATU_…`) or command options."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class BusSettings(BaseSettings):
    """Address of Redis, and how long it keeps events."""

    model_config = SettingsConfigDict(env_prefix="NGATU_", frozen=True)

    redis_url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        title="Redis",
        description=(
            "redis://, rediss:// (TLS), unix://, or "
            "redis+sentinel://host:port,host:port/service_name/db. Never shown: it may hold passwords."
        ),
    )
    event_shards: int = Field(
        1, ge=1, le=256, title="Event streams", description="A camera's events share one of them."
    )
    events_kept: int = Field(1_000_000, ge=1_000, title="Events kept at most, per stream")
    events_kept_hours: float = Field(72, gt=0, title="Hours that events are kept at most")


class WorkerSettings(BusSettings):
    """Settings of a worker and its supervisor."""

    cameras: Path = Field(Path("camera_configs"), title="Folder of camera files")
    state: Path = Field(Path("var"), title="Folder for the outbox")
    model: str | None = Field(
        None,
        title="Detector",
        description="A model card's name, or an .onnx file. Unset: the default, and whichever is promoted later.",
    )
    provider: str | None = Field(
        None, title="Execution provider", description="Unset: the fastest one that is available."
    )
    threads: int = Field(0, ge=0, title="Inference threads", description="0: chosen from the number of CPU cores.")
    workers: int = Field(0, ge=0, title="Worker processes", description="0: chosen from the number of CPU cores.")
