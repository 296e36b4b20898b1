"""The state of each of a camera's signals, from lamps, a fixed plan or a controller."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from vision.common.traffic_light import Light
from vision.config.zones import ControllerConfig, LampsConfig, SignalConfig, TimedConfig
from vision.contracts import SignalUpdate
from vision.core import SignalNow
from vision.image.traffic_lights.lamps import Image, LampParameters, LampReader

LAMPS = LampParameters()


class _SignalSource(Protocol):
    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None: ...


class SignalReader:
    """Reads the state of signals: `signals = reader.update(frame.image, at_s, frame.captured_at)` for each frame."""

    def __init__(
        self, signals: Sequence[SignalConfig], width_px: int, height_px: int, lamps: LampParameters = LAMPS
    ) -> None:
        self._lamps = lamps
        self._controllers = {s.id: ControllerSignal(s.state) for s in signals if isinstance(s.state, ControllerConfig)}
        self._sources = {s.id: self._source(s, width_px, height_px) for s in signals}

    def update(self, image: Image, at_s: float, at: datetime) -> dict[str, SignalNow]:
        """By id, the signals of known state.

        `image` is BGR, `at_s` its media time and `at` its capture time on the wall clock (aware).
        """
        states = {signal_id: source.read(image, at_s, at) for signal_id, source in self._sources.items()}
        return {signal_id: state for signal_id, state in states.items() if state is not None}

    def report(self, update: SignalUpdate) -> None:
        """Takes a controller's report; one about a signal that is not of kind `controller` is ignored.

        Another thread than that of `update` may call it.
        """
        signal = self._controllers.get(update.signal_id)
        if signal is not None:
            signal.report(update.light, update.at)

    def _source(self, signal: SignalConfig, width_px: int, height_px: int) -> _SignalSource:
        match signal.state:
            case LampsConfig() as config:
                return _LampSignal(LampReader(config, width_px, height_px, self._lamps))
            case TimedConfig() as plan:
                return TimedSignal(plan)
            case ControllerConfig():
                return self._controllers[signal.id]


class TimedSignal:
    """A fixed plan: green, amber, red, from a given start of green.

    Examples:
        >>> import numpy as np
        >>> from datetime import UTC
        >>> image = np.zeros((48, 64, 3), np.uint8)
        >>> signal = TimedSignal(TimedConfig(green=30, amber=3, red=27, offset=10))
        >>> at = datetime.fromtimestamp(45, UTC)  # 2 s after the start of red
        >>> signal.read(image, 100.0, at)
        SignalNow(light=<Light.RED: 'red'>, since_s=98.0)
    """

    def __init__(self, plan: TimedConfig) -> None:
        self._offset_s = plan.offset.total_seconds()
        lengths = ((Light.GREEN, plan.green), (Light.AMBER, plan.amber), (Light.RED, plan.red))
        self._phases = tuple((light, length.total_seconds()) for light, length in lengths)
        self._cycle_s = sum(length_s for _, length_s in self._phases)

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow:  # noqa: ARG002
        """The state at the Unix time of `at`."""
        into_s = (at.timestamp() - self._offset_s) % self._cycle_s
        for light, length_s in self._phases:
            if into_s < length_s:
                return SignalNow(light, at_s - into_s)
            into_s -= length_s
        return SignalNow(Light.RED, at_s)


class ControllerSignal:
    """A controller's reports, while they are fresh."""

    def __init__(self, config: ControllerConfig) -> None:
        self._stale_after = config.stale_after
        self._state: tuple[Light | None, datetime, datetime] | None = None
        """What is shown, since when, and when it was last reported: one value, so that two threads see it whole."""

    def report(self, light: Light | None, at: datetime) -> None:
        """The signal shows this light at `at` (aware). A report older than the newest one is ignored."""
        state = self._state
        if state is not None and at < state[2]:
            return
        is_same = state is not None and state[0] is light and at - state[2] <= self._stale_after
        self._state = (light, state[1] if state is not None and is_same else at, at)

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None:  # noqa: ARG002
        """The state at `at`; None if it is unknown, or was reported too long ago or too far ahead."""
        if self._state is None:
            return None
        light, since, reported_at = self._state
        if light is None or abs(at - reported_at) > self._stale_after:
            return None
        return SignalNow(light, at_s - max(at - since, timedelta()) / timedelta(seconds=1))


class _LampSignal:
    def __init__(self, lamps: LampReader) -> None:
        self._lamps = lamps

    def read(self, image: Image, at_s: float, at: datetime) -> SignalNow | None:  # noqa: ARG002
        return self._lamps.update(image, at_s)
