"""How well a camera sees: what is told with its measures, and what suspends them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vision.contracts import PictureCondition
from vision.image.quality.brightness import Brightness, brightness
from vision.image.quality.hysteresis import Hysteresis
from vision.image.quality.rain import RainDetector
from vision.image.quality.running_median import RunningMedian
from vision.image.quality.sharpness import softness
from vision.image.sample import Boxes, Image, ImageSample, sample_image
from vision.image.tampering.view import ReferenceView, ViewMatch, ViewMatcher

C = PictureCondition

LOOK_EVERY_S = 0.6
"""Between two looks; the frames between cost nothing."""
SOFTER_BY = 0.15
"""Than the camera usually is: out of focus."""
SOFT, SOFTEST = 0.55, 0.7
"""Below the first a picture is sharp whatever was usual, above the second it is blurred whatever was usual."""
PATIENCE_S: Mapping[PictureCondition, tuple[float, float]] = {
    C.NIGHT: (5, 20),
    C.DARK: (4, 4),
    C.GLARE: (4, 8),
    C.RAIN: (15, 60),
    C.BLURRED: (6, 6),
    C.OBSCURED: (6, 6),
    C.MOVED: (4, 6),
}
"""How long each must be seen to hold, and how long not to be seen to hold no more."""


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """How a camera sees just now."""

    conditions: frozenset[PictureCondition] = frozenset()
    median_brightness: float = float("nan")
    """Of the background, 0 to 255; NaN before the first look."""
    brightest: float = float("nan")
    """Of the background, 0 to 255: its 99th percentile."""
    saturated_part: float = 0.0
    """Of the lower two thirds of the picture, road users left out."""
    softness: float = float("nan")
    """0 sharp, towards 1 blurred; NaN where there are too few edges to tell."""
    usual_softness: float = float("nan")
    lost_part: float = 0.0
    """Of the view's static structure, what cannot be seen any more."""
    shift_px: tuple[float, float] = (0.0, 0.0)
    """How far the view lies off the one it used to be, right and down."""
    is_usual_view: bool = False
    """Whether nothing spoke against it at the last look: a jolt is no trouble yet, but shows the road elsewhere."""

    @property
    def is_suspended(self) -> bool:
        """The camera looks elsewhere than when its lines and zones were drawn: what is counted there means nothing."""
        return C.MOVED in self.conditions

    def troubles(self) -> dict[PictureCondition, dict[str, float]]:
        """The conditions that someone has to see to, each with the numbers that speak for it."""
        numbers = {
            C.OBSCURED: {"lost_pct": 100 * self.lost_part},
            C.DARK: {"brightest": self.brightest},
            C.BLURRED: {"softness": self.softness},
            C.MOVED: {"shift_x_px": self.shift_px[0], "shift_y_px": self.shift_px[1]},
        }
        return {
            condition: {name: round(value, 3) for name, value in numbers[condition].items()}
            for condition in numbers
            if condition in self.conditions
        }


class QualityMonitor:
    """Watches one camera's picture: `state = monitor.update(frame.image, at_s, tracks.xyxy)` for each processed frame.

    The view that it is used to is the one that was `known` before, or else the one it sees first. A camera that moved
    is told as moved until it looks there again, or until it is watched anew without a known view.
    """

    def __init__(self, known: ReferenceView | None = None) -> None:
        self._looked_at_s = float("-inf")
        self._held = {condition: Hysteresis(*patience_s) for condition, patience_s in PATIENCE_S.items()}
        self._view = ViewMatcher(known)
        self._rain = RainDetector()
        self._usual_softness = RunningMedian()
        self._state = ImageQuality()

    @property
    def state(self) -> ImageQuality:
        """What the last look said: the same object until the next one."""
        return self._state

    @property
    def reference_view(self) -> ReferenceView | None:
        """The view that the camera is used to, once it is known."""
        return self._view.known

    def update(self, image: Image, at_s: float, boxes_px: Boxes) -> ImageQuality:
        """ImageSample at a picture (BGR) of `at_s`, media time, with the boxes (N, 4) of the road users in it."""
        self._rain.update(image, at_s)
        if not 0 <= at_s - self._looked_at_s < LOOK_EVERY_S:
            self._looked_at_s = at_s
            self._state = self._look(sample_image(image, at_s, boxes_px))
        return self._state

    def _look(self, look: ImageSample) -> ImageQuality:
        before, light, soft = self._state, brightness(look), softness(look)
        is_blurred = self._is_blurred(soft)
        view = None if light.is_dark or is_blurred else self._view.update(look)
        seen = _light_seen(light) | _view_seen(view) | {C.BLURRED: is_blurred, C.RAIN: self._rain.is_raining}
        holding = frozenset(c for c, held in self._held.items() if held.update(seen[c], look.at_s))
        if not holding & {C.BLURRED, C.DARK, C.OBSCURED, C.MOVED} and not is_blurred:
            self._usual_softness.add(soft)
        return ImageQuality(
            conditions=holding,
            median_brightness=light.median,
            brightest=light.brightest,
            saturated_part=light.saturated_part,
            softness=soft,
            usual_softness=self._usual_softness.value,
            lost_part=view.lost_part if view else before.lost_part,
            shift_px=view.shift_px if view else before.shift_px if C.MOVED in holding else (0.0, 0.0),
            is_usual_view=not light.is_dark and not is_blurred and (view is None or view.is_as_usual),
        )

    def _is_blurred(self, soft: float) -> bool | None:
        """`None` where the picture says nothing of its sharpness."""
        if np.isnan(soft):
            return None
        usual = self._usual_softness.value
        return soft >= SOFTEST or (soft >= SOFT and soft >= usual + SOFTER_BY)


def _light_seen(light: Brightness) -> dict[PictureCondition, bool | None]:
    return {C.NIGHT: light.is_night, C.DARK: light.is_dark, C.GLARE: light.is_glaring}


def _view_seen(view: ViewMatch | None) -> dict[PictureCondition, bool | None]:
    if view is None:
        return {C.OBSCURED: None, C.MOVED: None}
    return {C.OBSCURED: view.is_obscured, C.MOVED: view.has_moved}
