"""Follows how well a camera sees, and which conditions suspend its measures or need someone's attention."""

from dataclasses import dataclass

import numpy as np

from vision.contracts import PictureCondition
from vision.image.quality.brightness import Brightness, BrightnessParameters, measure_brightness
from vision.image.quality.hysteresis import Hysteresis, HysteresisParameters
from vision.image.quality.rain import RainDetector, RainParameters
from vision.image.quality.running_median import RunningMedian, RunningMedianParameters
from vision.image.quality.sharpness import SharpnessParameters, softness
from vision.image.sample import Boxes, Image, ImageSample, SampleParameters, sample_image
from vision.image.tampering.view import ReferenceView, ViewMatch, ViewMatcher, ViewParameters

C = PictureCondition


@dataclass(frozen=True, slots=True)
class QualityParameters:
    """How often quality is measured, when an image is blurred, and how long conditions last until they count.

    A pair of times is what a condition takes to begin and to end.
    """

    interval_s: float = 0.6
    """Quality is measured this often, seconds; frames in between cost nothing. Longer: less time, later answers.
    Source: chosen."""
    blur_margin: float = 0.15
    """An image this much softer than the camera usually is counts as blurred. Higher: slight defocusing is missed.
    Source: chosen."""
    max_sharp_softness: float = 0.55
    """Below this softness an image is sharp, whatever is usual. Higher: slight defocusing is missed. Source: chosen."""
    min_blurred_softness: float = 0.7
    """Above this softness an image is blurred, whatever is usual. Higher: cameras that were never in focus count as
    sharp. Source: chosen."""
    night_s: tuple[float, float] = (5, 20)
    """Night, seconds. Longer: fewer changes, later answers. Source: chosen."""
    dark_s: tuple[float, float] = (4, 4)
    """Darkness, seconds. Longer: fewer changes, later answers. Source: chosen."""
    glare_s: tuple[float, float] = (4, 8)
    """Glare, seconds. Longer: fewer changes, later answers. Source: chosen."""
    rain_s: tuple[float, float] = (15, 60)
    """Rain, seconds. Longer: fewer changes, later answers. Source: chosen."""
    blurred_s: tuple[float, float] = (6, 6)
    """A blurred image, seconds. Longer: fewer changes, later answers. Source: chosen."""
    obscured_s: tuple[float, float] = (6, 6)
    """An obscured view, seconds. Longer: fewer changes by vehicles before the lens, later answers. Source: chosen."""
    moved_s: tuple[float, float] = (4, 6)
    """A moved camera, seconds. Longer: fewer changes by sway, later answers. Source: chosen."""


DEFAULTS, SAMPLE, VIEW = QualityParameters(), SampleParameters(), ViewParameters()
BRIGHTNESS, SHARPNESS, RAIN = BrightnessParameters(), SharpnessParameters(), RainParameters()
HYSTERESIS, MEDIAN = HysteresisParameters(), RunningMedianParameters()


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """How well a camera sees at one moment."""

    conditions: frozenset[PictureCondition] = frozenset()
    median_brightness: float = float("nan")
    """Of the background, 0 to 255; NaN before the first measurement."""
    brightest: float = float("nan")
    """99th percentile of the background, 0 to 255."""
    saturated_share: float = 0.0
    """Of the lower two thirds of the image, without road users."""
    softness: float = float("nan")
    """0 sharp, towards 1 blurred; NaN where there are too few edges, but the last measured one while blurred."""
    usual_softness: float = float("nan")
    lost_share: float = 0.0
    """Share of the view's static structure that is no longer visible."""
    shift_px: tuple[float, float] = (0.0, 0.0)
    """Shift of the view against the usual one, right and down."""
    is_usual_view: bool = False
    """Whether the newest measurement shows the usual view: a jolt is no trouble yet, but moves the road."""

    @property
    def is_suspended(self) -> bool:
        """Whether the camera was moved, so that its lines and zones measure something else."""
        return C.MOVED in self.conditions

    def troubles(self) -> dict[PictureCondition, dict[str, float]]:
        """The conditions that someone must attend to, each with the measurements behind it."""
        numbers = {
            C.OBSCURED: {"lost_pct": 100 * self.lost_share},
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
    """Follows one camera's image quality: `quality = monitor.update(frame.image, at_s, tracks.xyxy)` for each frame.

    The usual view is the given reference view, or else the first one. A moved camera counts as moved until it shows the
    usual view again, or until a monitor without a reference view starts over.

    Examples:
        >>> monitor, black = QualityMonitor(), np.zeros((360, 640, 3), np.uint8)
        >>> for at_s in range(10):
        ...     quality = monitor.update(black, at_s, np.empty((0, 4)))
        >>> [str(condition) for condition in quality.conditions]
        ['dark']
    """

    def __init__(
        self,
        reference_view: ReferenceView | None = None,
        parameters: QualityParameters = DEFAULTS,
        *,
        sample: SampleParameters = SAMPLE,
        brightness: BrightnessParameters = BRIGHTNESS,
        sharpness: SharpnessParameters = SHARPNESS,
        rain: RainParameters = RAIN,
        hysteresis: HysteresisParameters = HYSTERESIS,
        median: RunningMedianParameters = MEDIAN,
        view: ViewParameters = VIEW,
    ) -> None:
        p = self._parameters = parameters
        self._sample, self._brightness, self._sharpness = sample, brightness, sharpness
        self._hysteresis = {
            C.NIGHT: Hysteresis(*p.night_s, hysteresis),
            C.DARK: Hysteresis(*p.dark_s, hysteresis),
            C.GLARE: Hysteresis(*p.glare_s, hysteresis),
            C.RAIN: Hysteresis(*p.rain_s, hysteresis),
            C.BLURRED: Hysteresis(*p.blurred_s, hysteresis),
            C.OBSCURED: Hysteresis(*p.obscured_s, hysteresis),
            C.MOVED: Hysteresis(*p.moved_s, hysteresis),
        }
        self._measured_s = float("-inf")
        self._view = ViewMatcher(reference_view, view)
        self._rain = RainDetector(rain, sample)
        self._usual_softness = RunningMedian(median)
        self._quality = ImageQuality()

    @property
    def quality(self) -> ImageQuality:
        """The newest measurement: the same object until the next one."""
        return self._quality

    @property
    def reference_view(self) -> ReferenceView | None:
        """The usual view, once it is learned."""
        return self._view.reference

    def update(self, image: Image, at_s: float, boxes_px: Boxes) -> ImageQuality:
        """Takes an image (BGR) of this media time with the boxes (N, 4) of its road users; measures when it is due."""
        self._rain.update(image, at_s)
        if not 0 <= at_s - self._measured_s < self._parameters.interval_s:
            self._measured_s = at_s
            self._quality = self._measure(sample_image(image, at_s, boxes_px, self._sample))
        return self._quality

    def _measure(self, sample: ImageSample) -> ImageQuality:
        previous = self._quality
        light, soft = measure_brightness(sample, self._brightness), softness(sample, self._sharpness)
        is_blurred = self._is_blurred(soft)
        view = None if light.is_dark or is_blurred else self._view.update(sample)
        observed = _light_conditions(light) | _view_conditions(view)
        observed |= {C.BLURRED: is_blurred, C.RAIN: self._rain.is_raining}
        conditions = frozenset(c for c, h in self._hysteresis.items() if h.update(observed[c], sample.at_s))
        if not conditions & {C.BLURRED, C.DARK, C.OBSCURED, C.MOVED} and not is_blurred:
            self._usual_softness.add(soft)
        return ImageQuality(
            conditions=conditions,
            median_brightness=light.median,
            brightest=light.brightest,
            saturated_share=light.saturated_share,
            softness=previous.softness if np.isnan(soft) and C.BLURRED in conditions else soft,
            usual_softness=self._usual_softness.value,
            lost_share=view.lost_share if view else previous.lost_share,
            shift_px=view.shift_px if view else previous.shift_px if C.MOVED in conditions else (0.0, 0.0),
            is_usual_view=not light.is_dark and not is_blurred and (view is None or view.is_usual),
        )

    def _is_blurred(self, soft: float) -> bool | None:
        """None where the image has too few edges."""
        if np.isnan(soft):
            return None
        p, usual = self._parameters, self._usual_softness.value
        return soft >= p.min_blurred_softness or (soft >= p.max_sharp_softness and soft >= usual + p.blur_margin)


def _light_conditions(light: Brightness) -> dict[PictureCondition, bool | None]:
    return {C.NIGHT: light.is_night, C.DARK: light.is_dark, C.GLARE: light.is_glaring}


def _view_conditions(view: ViewMatch | None) -> dict[PictureCondition, bool | None]:
    if view is None:
        return {C.OBSCURED: None, C.MOVED: None}
    return {C.OBSCURED: view.is_obscured, C.MOVED: view.has_moved}
