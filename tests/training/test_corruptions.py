"""Corruptions of images."""

import numpy as np
import pytest

from tests.training.training_kit import picture
from vision.training.augmentation.corruptions import (
    COLOURS,
    LENS,
    LIGHT,
    Corruption,
    RandomCorruptions,
    change_aspect,
    fog,
    greyscale,
    night,
)


@pytest.mark.parametrize("corrupt", [*LIGHT, *LENS, *COLOURS], ids=lambda d: d.__name__)
def test_a_corruption_keeps_the_shape_and_depends_only_on_the_seed(corrupt: Corruption) -> None:
    image = picture()
    before = image.copy()
    first, second, other = (corrupt(image.copy(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == image.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    assert (first != image).any() or (other != image).any()
    np.testing.assert_array_equal(image, before)


def test_night_is_darker_and_fog_is_thicker_at_the_top() -> None:
    image = picture()
    assert night(image, np.random.default_rng(0)).mean() < image.mean() * 0.8
    misty = fog(image, np.random.default_rng(0)).astype(float)
    assert misty[:20].std() < misty[-20:].std()


def test_greyscale_has_no_colour() -> None:
    image = greyscale(picture(), np.random.default_rng(0))
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 1] == image[..., 2]).all()


def test_an_aspect_change_keeps_one_side() -> None:
    image = picture()
    shapes = {change_aspect(image, np.random.default_rng(seed)).shape for seed in range(40)}
    assert all((h == image.shape[0]) != (w == image.shape[1]) or (h, w) == image.shape[:2] for h, w, _ in shapes)
    assert min(h for h, _, _ in shapes) >= image.shape[0] // 2
    assert min(w for _, w, _ in shapes) >= image.shape[1] // 2
    assert len(shapes) > 20


def test_the_share_is_the_fraction_of_corrupted_images() -> None:
    image = picture()
    random = np.random.default_rng(0)
    assert all(RandomCorruptions(0)(image, random) is image for _ in range(20))
    changed = sum((RandomCorruptions(0.5)(image, random) != image).any() for _ in range(200))
    assert 60 < changed < 110
