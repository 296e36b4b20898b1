"""Sources of frames: RTSP cameras and recordings."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from vision.common.addresses import AddressError, split_address
from vision.config.base import Config, Duration

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^${}]*)?\}")


class Transport(StrEnum):
    """Transport of RTP: `tcp` within the RTSP connection, `udp` separately."""

    TCP = "tcp"
    UDP = "udp"


class RtspSource(Config):
    """A live camera."""

    kind: Literal["rtsp"] = Field("rtsp", title="Kind", description="A live camera.")
    url: str = Field(
        title="Stream address",
        description="rtsp:// or rtsps://. Write credentials as ${NAME}: they come from the environment.",
        pattern=r"^rtsps?://[^/\s]\S*$",
        max_length=2048,
        repr=False,
    )
    transport: Transport = Field(
        Transport.TCP, title="Transport", description="tcp loses no packets; udp has less delay."
    )
    connect_timeout: Duration = Field(
        timedelta(seconds=5),
        title="Connect timeout",
        description="A camera that has not answered for this long counts as unreachable.",
        ge=timedelta(seconds=0.5),
        le=timedelta(minutes=1),
    )
    read_timeout: Duration = Field(
        timedelta(seconds=10),
        title="Read timeout",
        description="Without a packet for this long, the stream is reopened.",
        ge=timedelta(seconds=0.5),
        le=timedelta(minutes=5),
    )
    frozen_after: Duration = Field(
        timedelta(seconds=20),
        title="Frozen after",
        description="The same picture for this long means that the camera is frozen.",
        ge=timedelta(seconds=1),
        le=timedelta(hours=1),
    )
    retry_at_most: Duration = Field(
        timedelta(seconds=10),
        title="Longest wait between attempts",
        description="Waits between attempts grow up to this while the camera is unreachable.",
        ge=timedelta(seconds=0.1),
        le=timedelta(minutes=10),
    )

    @field_validator("url")
    @classmethod
    def _variables_are_whole(cls, url: str) -> str:
        if "${" in _VARIABLE.sub("", url):
            raise ValueError("a `${` that is no variable: write ${NAME} or ${NAME:-default}")
        return url

    @field_validator("url")
    @classmethod
    def _has_one_reading(cls, url: str) -> str:
        try:
            split_address(_VARIABLE.sub("${V}", url))
        except AddressError as error:
            raise ValueError(str(error)) from None
        return url


class FileSource(Config):
    """A recording played as if it were a camera."""

    kind: Literal["file"] = Field("file", title="Kind", description="A recording.")
    path: str = Field(
        title="Video file",
        description="Relative paths start at the config file's folder.",
        min_length=1,
        max_length=4096,
    )
    loop: bool = Field(True, title="Loop", description="Start over at the end.")
    paced: bool = Field(
        True, title="Paced", description="Play at the speed of the recording; off: as fast as possible."
    )

    @field_validator("path")
    @classmethod
    def _is_no_address(cls, path: str) -> str:
        if "://" in path:
            raise ValueError("an address instead of a file: write `kind: rtsp`, and the address as `url`")
        return path


Source = Annotated[RtspSource | FileSource, Field(discriminator="kind")]
