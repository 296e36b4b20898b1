"""What a controller sends, and what it is answered."""

from pydantic import BaseModel, ConfigDict, Field

from vision.contracts import Light, SignalUpdate
from vision.contracts.base import UtcTime


class LightShown(BaseModel):
    """What a signal shows."""

    model_config = ConfigDict(extra="forbid")

    light: Light | None = Field(description="null: nothing to go by (off, or blinking amber).", examples=["red"])
    at: UtcTime | None = Field(
        None, description="When it showed this; unset: now. Send it only where the controller's clock is right."
    )


class SignalAccepted(BaseModel):
    """It was handed on."""

    told: SignalUpdate
    heard_by: int = Field(description="Workers that listened; 0: the camera is watched by none just now.")
