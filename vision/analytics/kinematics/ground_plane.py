"""From the picture to the road: by calibration, or by what the sizes of the vehicles give away."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.common.errors import NgatuError
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.camera import CameraConfig
from vision.geometry import DegenerateError, Homography, fit_homography

Floats = NDArray[np.float64]

WORST_ERROR_PART = 0.05
"""A calibration whose points lie off by more than this part of the ground that they span is refused."""
FOCAL = 1.0
"""Focal length in picture widths that is assumed where nobody calibrated: a lens of 53 degrees, usual on streets."""
USUAL_SIZE_M: dict[ObjectClass, float] = {
    ObjectClass.BICYCLE: 1.25,
    ObjectClass.MOTORCYCLE: 1.3,
    ObjectClass.CAR: 2.1,
    ObjectClass.BUS: 4.2,
    ObjectClass.TRUCK: 3.5,
    ObjectClass.PERSON: 0.95,
}
"""Square root of width times height of the box around a road user seen from the front and above, in metres: a car of
1.8 by 4.4 by 1.5 m, a motorcycle with its rider of 0.8 by 1.9 by 1.7 m, and so on. Right to within a third."""
_SIZES_M = np.array([USUAL_SIZE_M[c] for c in CLASSES])


class GroundPlane(Protocol):
    """What turns pixels into metres."""

    @property
    def is_calibrated(self) -> bool:
        """Whether the metres are the road's, not an estimate."""

    @property
    def matrix(self) -> Floats:
        """(3, 3): picture in pixels to road in metres, as it is known now."""

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        """See N vehicles that are whole in the picture: where they stand (N, 2), their width and height (N, 2)."""


class CalibratedGround:
    """By points that are known in the picture and on the road."""

    is_calibrated = True

    def __init__(self, homography: Homography) -> None:
        self.matrix = homography.matrix
        self.homography = homography

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        """There is nothing to learn."""


class EstimatedGround:
    """By the usual sizes of vehicles, for a flat road, a level camera and a usual lens.

    In a pinhole camera of focal length f pixels, H metres above a flat road and tilted down by t, an upright object at
    height v = (y - cy) / f below the picture's middle has s = (f / H) (sin t + v cos t) pixels a metre: a straight line
    in v. So the sizes seen at different heights give t and H, and these the road. The line is fitted to means of log s
    in bands of the picture; a weak prior, a camera tilted by 25 degrees, holds it where only one band was driven on.
    """

    is_calibrated = False
    BANDS = 16
    MEMORY = 2000
    """Vehicles a band's mean is about; older ones fade."""
    PRIOR_TILT = np.radians(25)
    PRIOR_WEIGHT = 10.0

    def __init__(self, width_px: int, height_px: int) -> None:
        self._centre_px = np.array([width_px / 2, height_px / 2])
        self._height_px = height_px
        self._f_px = FOCAL * max(width_px, height_px)
        self._seen = np.zeros(self.BANDS)
        self._mean_log = np.zeros(self.BANDS)
        edges_px = (np.arange(self.BANDS) + 0.5) * height_px / self.BANDS
        self._v = (edges_px - self._centre_px[1]) / self._f_px
        self._unfitted = 0.0
        self.matrix = self._matrix(*self._prior_line(height_px / 30, 0.0))

    def learn(self, bottom_center_px: Floats, size_px: Floats, class_id: NDArray[np.int64]) -> None:
        known = np.isfinite(size_px).all(axis=1) & (size_px > 0).all(axis=1)
        if not known.any():
            return
        log_scale = np.log(np.sqrt(size_px[known].prod(axis=1)) / _SIZES_M[class_id[known]])
        band = (bottom_center_px[known, 1] * self.BANDS / self._height_px).astype(int).clip(0, self.BANDS - 1)
        count = np.bincount(band, minlength=self.BANDS)
        total = np.bincount(band, weights=log_scale, minlength=self.BANDS)
        self._seen = np.minimum(self._seen + count, self.MEMORY)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(count > 0, (total - count * self._mean_log) / self._seen, 0)
        self._mean_log += step
        self._unfitted += count.sum()
        if self._unfitted > 0.05 * self._seen.sum():
            self._fit()

    def _fit(self) -> None:
        """Weighted least squares of s = a + b v over the bands, with the prior as two more of them."""
        self._unfitted = 0.0
        weight = np.minimum(self._seen, 100)
        level = float(np.exp((weight * self._mean_log).sum() / weight.sum()))
        middle = float((weight * self._v).sum() / weight.sum())
        a, b = self._prior_line(level, middle)
        prior_v = middle + np.array([-0.2, 0.2])
        v = np.concatenate([self._v, prior_v])
        s = np.maximum(np.concatenate([np.exp(self._mean_log), a + b * prior_v]), level / 100)
        # The error of a size is a part of it, so a band counts by the inverse of its square.
        w = np.concatenate([weight, np.full(2, self.PRIOR_WEIGHT)]) / s**2
        mean_v, mean_s = (w * v).sum() / w.sum(), (w * s).sum() / w.sum()
        slope = float((w * (v - mean_v) * (s - mean_s)).sum() / (w * (v - mean_v) ** 2).sum())
        # The camera looks down: what stands lower in the picture is nearer.
        self.matrix = self._matrix(float(mean_s - max(slope, 0) * mean_v), max(slope, 0.0))

    def _prior_line(self, level: float, middle: float) -> tuple[float, float]:
        """a and b of a camera of the usual tilt that shows `level` pixels a metre at v = `middle`."""
        sin_t, cos_t = np.sin(self.PRIOR_TILT), np.cos(self.PRIOR_TILT)
        k = level / max(sin_t + middle * cos_t, 0.1)
        return float(k * sin_t), float(k * cos_t)

    def _matrix(self, a: float, b: float) -> Floats:
        """The road in metres, x to the right, y away from the camera, where s = a + b v pixels a metre."""
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
    """A calibration that determines no road, or contradicts itself."""

    def __init__(self, camera_id: str, message: str, remedy: str) -> None:
        super().__init__(f"camera {camera_id!r}: calibration: {message}: {remedy}")
        self.message = message
        self.remedy = remedy


def fit_calibration(camera: CameraConfig, width_px: float, height_px: float) -> Homography | None:
    """From pixels of a picture of this size to metres of the road; None where the camera is not calibrated.

    Raises:
        CalibrationError: the points determine no road, or contradict each other.
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
    if homography.worst_error > WORST_ERROR_PART * span_m:
        errors_m = np.hypot(*(homography.apply(picture_px) - ground_m).T)
        raise CalibrationError(
            camera.id,
            f"point {int(np.argmax(errors_m)) + 1} lies {errors_m.max():.1f} m off the others' plane (root mean square "
            f"{homography.rms_error:.1f} m over {span_m:.0f} m)",
            "measure it again",
        )
    return homography


def ground_of(camera: CameraConfig, width_px: int, height_px: int) -> GroundPlane:
    """The camera's road. Raises CalibrationError."""
    homography = fit_calibration(camera, width_px, height_px)
    return EstimatedGround(width_px, height_px) if homography is None else CalibratedGround(homography)
