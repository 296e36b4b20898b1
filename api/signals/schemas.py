"""What a signal's controller sends, and the answer."""

from pydantic import BaseModel, ConfigDict, Field

from vision.contracts import Light, SignalUpdate
from vision.contracts.base import UtcTime


class LightShown(BaseModel):
    """What a signal shows."""

    model_config = ConfigDict(extra="forbid")

    light: Light | None = Field(
        description="null: the signal gives no indication (off, or blinking amber).", examples=["red"]
    )
    at: UtcTime | None = Field(
        None, description="When it showed this; null: now. Send it only if the controller's clock is right."
    )


class SignalAccepted(BaseModel):
    """The update was passed on."""

    update: SignalUpdate
    heard_by: int = Field(description="Workers that received it; 0: no worker analyses the camera just now.")
