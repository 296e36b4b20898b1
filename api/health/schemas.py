"""The service's own health."""

from pydantic import BaseModel, Field


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"
    version: str


class Check(BaseModel):
    """One thing that the service needs."""

    ok: bool
    reason: str = Field("", description="What is wrong and what to do; empty when all is well.")


class StoreCheck(Check):
    """Whether events reach the database in time."""

    lag_s: float | None = Field(None, description="Age of the oldest event not stored, over all processes.")
    pending: int | None = Field(None, description="Events taken by some process and not yet stored.")
    stored: int = Field(0, description="By this process, since it began.")
    duplicates: int = 0
    dead_letters: int = 0


class Ready(BaseModel):
    """Whether requests should come here."""

    ready: bool
    redis: Check
    database: Check
    store: StoreCheck
