"""Answers of the live routes."""

from pydantic import BaseModel, Field

WINDOW_S = 60.0
TARGET_MS = 1_000


class LatencyFigures(BaseModel):
    """Latency over the last `window_s` seconds."""

    count: int = Field(description="Crossings and movements measured.")
    p50_ms: float | None = Field(description="Median, milliseconds; null: no event.")
    p95_ms: float | None = Field(description="95th percentile, milliseconds; null: no event.")
    max_ms: float | None = Field(description="Maximum, milliseconds; null: no event.")


class LatencyOut(BaseModel):
    """This process's latency, and whether it meets the target."""

    window_s: float = Field(WINDOW_S, description="Seconds over which latency is measured.")
    target_ms: int = Field(TARGET_MS, description="95 % of events reach clients within this time of their capture.")
    kept: bool | None = Field(
        description="Whether `delivered`, or `received` while nobody follows, meets the target; null: no event."
    )
    delivered: LatencyFigures = Field(
        description="From capture to the hand-over to a client of /events; one sample per client."
    )
    received: LatencyFigures = Field(description="From capture to this process, whether or not anybody follows.")
