"""Answers of the health routes."""

from pydantic import BaseModel, Field


class Alive(BaseModel):
    """The process responds."""

    status: str = "alive"
    version: str


class Check(BaseModel):
    """One thing that the service depends on."""

    ok: bool
    reason: str = Field("", description="What is wrong and what to do; empty if nothing is.")


class StoreCheck(Check):
    """Whether events reach the database in time."""

    lag_s: float | None = Field(
        None, description="Age of the oldest event that is not stored, seconds, over all processes; null: not known."
    )
    pending: int | None = Field(
        None, description="Events that a process has taken and not yet stored; null: not known."
    )
    stored: int = Field(0, description="Events stored by this process since it started.")
    duplicates: int = Field(0, description="Events that this process received again.")
    missing: int | None = Field(
        None,
        description="Events that were published and are not stored, found in the last 24 hours; null: not known. "
        "/api/v1/missing-events lists them.",
    )
    dead_letters: int = Field(0, description="Entries that this process put aside as unstorable.")


class Ready(BaseModel):
    """Whether the service can handle requests."""

    ready: bool
    redis: Check
    database: Check
    store: StoreCheck
    tasks: Check = Field(description="Whether the service's background tasks run without exceptions.")
