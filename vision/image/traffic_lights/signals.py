"""What each of a camera's signals shows just now, wherever that is known from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from vision.common.traffic_light import Light
from vision.config.zones import ControllerConfig, LampsConfig, SignalConfig, TimedConfig
from vision.contracts import SignalUpdate
from vision.core import SignalNow
from vision.image.traffic_lights.lamps import Image, LampReader


class _Reads(Protocol):
    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None: ...


class SignalReader:
    """Reads lamps, follows plans and believes controllers.

    `signals = reader.update(frame.image, at_s, frame.captured_at)` for each processed frame.
    """

    def __init__(self, signals: Sequence[SignalConfig], width_px: int, height_px: int) -> None:
        self._told = {s.id: ControllerSignal(s.state) for s in signals if isinstance(s.state, ControllerConfig)}
        self._read = {s.id: self._reader(s, width_px, height_px) for s in signals}

    def update(self, image: Image, at_s: float, at: datetime) -> dict[str, SignalNow]:
        """The signals whose state is known, by id.

        `image` is BGR, `at_s` its media time and `at` its moment on the wall clock (aware).
        """
        read = {signal_id: reader.read(image, at_s, at) for signal_id, reader in self._read.items()}
        return {signal_id: now for signal_id, now in read.items() if now is not None}

    def report(self, told: SignalUpdate) -> None:
        """A controller said what its signal shows. Passed over where the signal is not of the kind `controller`.

        May be called from another thread than `update`.
        """
        signal = self._told.get(told.signal_id)
        if signal is not None:
            signal.report(told.light, told.at)

    def _reader(self, signal: SignalConfig, width_px: int, height_px: int) -> _Reads:
        match signal.state:
            case LampsConfig() as lamps:
                return _Lamps(LampReader(lamps, width_px, height_px))
            case TimedConfig() as plan:
                return TimedSignal(plan)
            case ControllerConfig():
                return self._told[signal.id]


class TimedSignal:
    """A fixed plan: green, amber, red, from a known beginning of green."""

    def __init__(self, plan: TimedConfig) -> None:
        self._offset_s = plan.offset.total_seconds()
        lengths = ((Light.GREEN, plan.green), (Light.AMBER, plan.amber), (Light.RED, plan.red))
        self._phases = tuple((light, length.total_seconds()) for light, length in lengths)
        self._cycle_s = sum(length_s for _, length_s in self._phases)

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow:  # noqa: ARG002
        """By the Unix time of `at`."""
        into_s = (at.timestamp() - self._offset_s) % self._cycle_s
        for light, length_s in self._phases:
            if into_s < length_s:
                return SignalNow(light, at_s - into_s)
            into_s -= length_s
        return SignalNow(Light.RED, at_s)


class ControllerSignal:
    """What a controller says, for as long as it is fresh."""

    def __init__(self, config: ControllerConfig) -> None:
        self._stale_after = config.stale_after
        self._state: tuple[Light | None, datetime, datetime] | None = None
        """What is shown, since when, told last when: one value, so that two threads see it whole."""

    def report(self, light: Light | None, at: datetime) -> None:
        """It shows this at `at` (aware). What is older than what is known is passed over."""
        known = self._state
        if known is not None and at < known[2]:
            return
        goes_on = known is not None and known[0] is light and at - known[2] <= self._stale_after
        self._state = (light, known[1] if known is not None and goes_on else at, at)

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None:  # noqa: ARG002
        """What it shows at `at`; `None` when that is not known, or was told too long ago or too far ahead."""
        if self._state is None:
            return None
        light, since, told_at = self._state
        if light is None or abs(at - told_at) > self._stale_after:
            return None
        return SignalNow(light, at_s - max(at - since, timedelta()) / timedelta(seconds=1))


class _Lamps:
    def __init__(self, lamps: LampReader) -> None:
        self._lamps = lamps

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None:  # noqa: ARG002
        return self._lamps.update(image, at_s)
