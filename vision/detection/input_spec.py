"""How a picture becomes a model's input, by its card or by the family's convention."""

from typing import Literal

from pydantic import Field

from vision.config.base import Config

Triple = tuple[float, float, float]


class InputSpec(Config):
    """Fitting, channel order, and normalisation (value - mean) / std."""

    size: int = Field(640, ge=32, le=4096, title="Long side", description="In pixels, where the model leaves it open.")
    multiple: int = Field(32, ge=1, le=128, title="Multiple", description="Both open sides are multiples of this.")
    colour: Literal["rgb", "bgr"] = Field("rgb", title="Colour order", description="The order of the channels.")
    mean: Triple = Field(
        (0, 0, 0), title="Mean", description="Subtracted from each channel, 0 to 255, in the input's order."
    )
    std: Triple = Field(
        (255, 255, 255), title="Deviation", description="Divisor of each channel, after the mean is subtracted."
    )
    fit: Literal["letterbox", "stretch"] = Field(
        "letterbox", title="Fit", description="Keep the picture's proportions and pad, or stretch it over the input."
    )
    align: Literal["centre", "top-left"] = Field(
        "centre", title="Alignment", description="Position of the picture within the input."
    )
    pad: int = Field(114, ge=0, le=255, title="Padding", description="The grey of the bars, 0 to 255.")
