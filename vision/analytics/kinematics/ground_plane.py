"""Maps the picture to the ground plane: by calibration, or estimated from the sizes of the vehicles."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.common.errors import NgatuError
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.geometry import DegenerateError, Homography, fit_homography

Floats = NDArray[np.float64]

TYPICAL_SIZE_M: dict[ObjectClass, float] = {
    ObjectClass.BICYCLE: 1.25,
    ObjectClass.MOTORCYCLE: 1.3,
    ObjectClass.CAR: 2.1,
    ObjectClass.BUS: 4.2,
    ObjectClass.TRUCK: 3.5,
    ObjectClass.PERSON: 0.95,
}
"""Square root of the area of the box around a road user seen from the front and above, metres: a car of 1.8 by 4.4 by
1.5 m, a motorcycle with its rider of 0.8 by 1.9 by 1.7 m, and so on. Right to within a third."""
_SIZES_M = np.array([TYPICAL_SIZE_M[c] for c in CLASSES])


@dataclass(frozen=True, slots=True)
class CalibrationParameters:
    """Which calibrations are refused."""

    max_error: float = 0.05
    """A point may be off by this part of the ground that the points span. Larger: less accurate calibrations are
    accepted. Source: chosen."""


@dataclass(frozen=True, slots=True)
class GroundEstimateParameters:
    """How the ground plane is estimated where the camera is not calibrated."""

    focal_length: float = 1.0
    """Focal length that is assumed, in picture widths: a lens of 53 degrees, usual on streets. Larger: distances along
    the line of sight are estimated longer. Source: chosen."""
    bands: int = 16
    """Horizontal bands of the picture that sizes are averaged in. More: finer, with fewer vehicles each. Source:
    chosen."""
    window_vehicles: int = 2000
    """A band's mean covers about this many vehicles; older ones fade. More: steadier, slower to follow a camera that
    was moved. Source: chosen."""
    refit_share: float = 0.05
    """The plane is fitted again when the sizes grew by this part. Larger: fewer fits, a coarser estimate at first.
    Source: chosen."""
    prior_tilt_deg: float = 25.0
    """Tilt of a typical camera, degrees. Higher: a new estimate shows a steeper view. Source: chosen."""
    prior_weight: float = 10.0
    """Weight of the prior, in vehicles. Larger: the estimate leaves the typical tilt more slowly. Source: chosen."""
    prior_spread: float = 0.2
    """The prior is two points this far above and below the mean, as a tangent of the angle of sight. Larger: the prior
    fixes the tilt more firmly. Source: chosen."""
    max_band_weight: float = 100.0
    """A band's weight is limited to this many vehicles. Larger: busy bands count more. Source: chosen."""
    initial_height_m: float = 30.0
    """Before the first vehicle, the picture's height is taken to show this many metres. Larger: speeds are estimated
    higher until then. Source: chosen."""


class GroundPlane(Protocol):
    """Maps pixels to metres on the road."""

    @property
    def is_calibrated(self) -> bool:
        """Whether the metres are measured, not estimated."""

    @property
    def matrix(self) -> Floats:
        """(3, 3): from pixels to metres on the road; a new array whenever it changes."""

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        """Take in N vehicles: bottom centres (N, 2), widths and heights (N, 2), NaN where truncated; pixels."""


class CalibratedGround:
    """A ground plane by points of known positions in the picture and on the road.

    Examples:
        >>> road_m = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])
        >>> CalibratedGround(fit_homography(road_m * 10, road_m)).is_calibrated
        True
    """

    is_calibrated = True

    def __init__(self, homography: Homography) -> None:
        self.matrix = homography.matrix
        self.homography = homography

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        """A calibration does not change."""


class EstimatedGround:
    """A ground plane estimated from typical vehicle sizes, for a flat road, a level camera and a typical lens.

    In a pinhole camera of focal length f pixels, H metres above a flat road and tilted down by t, an upright object at
    height v = (y - cy) / f below the picture's middle has s = (f / H) (sin t + v cos t) pixels per metre: a straight
    line in v. Sizes at different heights therefore give t and H, and these the plane. The line is fitted to means of
    log s in bands of the picture; a weak prior of the typical tilt holds it where traffic uses one band only.

    Examples:
        >>> ground = EstimatedGround(1280, 720)
        >>> ground.learn(np.array([[640.0, 600.0]]), np.array([[90.0, 90.0]]), np.array([ObjectClass.CAR.class_id]))
        >>> ground.is_calibrated
        False
    """

    is_calibrated = False

    def __init__(
        self, width_px: int, height_px: int, parameters: GroundEstimateParameters = GroundEstimateParameters()
    ) -> None:
        self._parameters = p = parameters
        self._centre_px = np.array([width_px / 2, height_px / 2])
        self._height_px = height_px
        self._f_px = p.focal_length * max(width_px, height_px)
        self._prior_tilt = np.radians(p.prior_tilt_deg)
        self._vehicles = np.zeros(p.bands)
        self._mean_log = np.zeros(p.bands)
        middles_px = (np.arange(p.bands) + 0.5) * height_px / p.bands
        self._v = (middles_px - self._centre_px[1]) / self._f_px
        self._unfitted = 0.0
        self.matrix = self._matrix(*self._prior_line(height_px / p.initial_height_m, 0.0))

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        known = np.isfinite(size_px).all(axis=1) & (size_px > 0).all(axis=1)
        if not known.any():
            return
        log_scale = np.log(np.sqrt(size_px[known].prod(axis=1)) / _SIZES_M[class_id[known]])
        band = (
            (bottom_center_px[known, 1] * self._parameters.bands / self._height_px)
            .astype(int)
            .clip(0, self._parameters.bands - 1)
        )
        count = np.bincount(band, minlength=self._parameters.bands)
        total = np.bincount(band, weights=log_scale, minlength=self._parameters.bands)
        self._vehicles = np.minimum(self._vehicles + count, self._parameters.window_vehicles)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(count > 0, (total - count * self._mean_log) / self._vehicles, 0)
        self._mean_log += step
        self._unfitted += count.sum()
        if self._unfitted > self._parameters.refit_share * self._vehicles.sum():
            self._fit()

    def _fit(self) -> None:
        """Fit s = a + b v to the bands by weighted least squares, with the prior as two more of them."""
        self._unfitted = 0.0
        weight = np.minimum(self._vehicles, self._parameters.max_band_weight)
        level = float(np.exp((weight * self._mean_log).sum() / weight.sum()))
        middle = float((weight * self._v).sum() / weight.sum())
        a, b = self._prior_line(level, middle)
        prior_v = middle + np.array([-self._parameters.prior_spread, self._parameters.prior_spread])
        v = np.concatenate([self._v, prior_v])
        s = np.maximum(np.concatenate([np.exp(self._mean_log), a + b * prior_v]), level / 100)
        # The error of a size is relative, so a band weighs the inverse of its square.
        w = np.concatenate([weight, np.full(2, self._parameters.prior_weight)]) / s**2
        mean_v, mean_s = (w * v).sum() / w.sum(), (w * s).sum() / w.sum()
        slope = float((w * (v - mean_v) * (s - mean_s)).sum() / (w * (v - mean_v) ** 2).sum())
        # The camera is tilted down: what is lower in the picture is nearer.
        self.matrix = self._matrix(float(mean_s - max(slope, 0) * mean_v), max(slope, 0.0))

    def _prior_line(self, level: float, middle: float) -> tuple[float, float]:
        """a and b of a camera of the typical tilt that has `level` pixels per metre at v = `middle`."""
        sin_t, cos_t = np.sin(self._prior_tilt), np.cos(self._prior_tilt)
        k = level / max(sin_t + middle * cos_t, 0.1)
        return float(k * sin_t), float(k * cos_t)

    def _matrix(self, a: float, b: float) -> Floats:
        """(3, 3): to the road in metres, x to the right, y away from the camera, where s = a + b v pixels per metre."""
        k = max(np.hypot(a, b), 1e-9)
        sin_t, cos_t, height_m = a / k, b / k, self._f_px / k
        to_v = np.array(
            [
                [1 / self._f_px, 0, -self._centre_px[0] / self._f_px],
                [0, 1 / self._f_px, -self._centre_px[1] / self._f_px],
                [0, 0, 1],
            ]
        )
        road = np.array([[height_m, 0, 0], [0, -height_m * sin_t, height_m * cos_t], [0, cos_t, sin_t]])
        matrix: Floats = road @ to_v
        return matrix


class CalibrationError(NgatuError):
    """Calibration points that determine no ground plane, or contradict each other."""

    def __init__(self, camera_id: str, message: str, remedy: str) -> None:
        super().__init__(f"camera {camera_id!r}: calibration: {message}: {remedy}")
        self.message = message
        self.remedy = remedy


def fit_calibration(
    camera: CameraConfig,
    width_px: float,
    height_px: float,
    parameters: CalibrationParameters = CalibrationParameters(),
) -> Homography | None:
    """From the pixels of a picture of this size to metres on the road; `None` where the camera is not calibrated.

    Raises:
        CalibrationError: the points determine no ground plane, or contradict each other.
    """
    if camera.calibration is None:
        return None
    pairs = camera.calibration.pairs()
    picture_px = np.array([p for p, _ in pairs]) * [width_px, height_px]
    ground_m = np.array([g for _, g in pairs])
    try:
        homography = fit_homography(picture_px, ground_m)
    except DegenerateError as error:
        raise CalibrationError(camera.id, str(error), "choose points that span the road") from error
    span_m = float(np.hypot(*np.ptp(ground_m, axis=0)))
    if homography.worst_error > parameters.max_error * span_m:
        errors_m = np.hypot(*(homography.apply(picture_px) - ground_m).T)
        raise CalibrationError(
            camera.id,
            f"point {int(np.argmax(errors_m)) + 1} lies {errors_m.max():.1f} m off the others' plane (root mean square "
            f"{homography.rms_error:.1f} m over {span_m:.0f} m)",
            "measure it again",
        )
    return homography


def ground_of(camera: CameraConfig, width_px: int, height_px: int) -> GroundPlane:
    """The camera's ground plane: calibrated, or else estimated. Raises CalibrationError."""
    homography = fit_calibration(camera, width_px, height_px)
    return EstimatedGround(width_px, height_px) if homography is None else CalibratedGround(homography)
