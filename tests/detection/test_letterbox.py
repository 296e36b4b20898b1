"""Fitting a picture into the model's input and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.detection.input_spec import InputSpec
from vision.detection.letterbox import plan_fit, write_tensor

sides = st.integers(16, 4000)
specs = st.builds(
    InputSpec,
    size=st.integers(64, 1280),
    fit=st.sampled_from(["letterbox", "stretch"]),
    align=st.sampled_from(["centre", "top-left"]),
)


@given(sides, sides, specs)
def test_open_sides_become_multiples_that_hold_the_whole_picture(width: int, height: int, spec: InputSpec) -> None:
    fit = plan_fit((width, height), spec, (None, None))
    assert all(side % spec.multiple == 0 for side in fit.canvas)
    assert fit.left >= 0
    assert fit.top >= 0
    assert fit.left + fit.width <= fit.canvas[0]
    assert fit.top + fit.height <= fit.canvas[1]


@given(sides, sides, specs)
def test_corners_of_the_fitted_picture_map_back_to_those_of_the_picture(
    width: int, height: int, spec: InputSpec
) -> None:
    fit = plan_fit((width, height), spec, (416, 416))
    corners = np.array([[fit.left, fit.top, fit.left + fit.width, fit.top + fit.height]], np.float32)
    np.testing.assert_allclose(fit.to_picture(corners), [[0, 0, width, height]], rtol=1e-5, atol=1e-2)


@given(sides, sides, specs)
def test_boxes_over_the_padding_are_clipped_at_the_edge(width: int, height: int, spec: InputSpec) -> None:
    fit = plan_fit((width, height), spec, (None, None))
    (box,) = fit.to_picture(np.array([[-500, -500, 9000, 9000]], np.float32))
    np.testing.assert_allclose(box, [0, 0, width, height], rtol=1e-6)


def test_a_wide_picture_needs_a_smaller_input_than_a_square() -> None:
    assert plan_fit((1280, 720), InputSpec(), (None, None)).canvas == (640, 384)
    assert plan_fit((720, 1280), InputSpec(), (None, None)).canvas == (384, 640)
    assert plan_fit((1280, 720), InputSpec(), (640, 640)).canvas == (640, 640)


def test_values_are_normalised_channel_by_channel_in_the_models_order() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[:] = (10, 20, 30)
    out = np.empty((3, 32, 32), np.float32)
    for colour, order in (("bgr", [10, 20, 30]), ("rgb", [30, 20, 10])):
        spec = InputSpec(colour=colour, mean=(1, 2, 3), std=(2, 4, 8))  # type: ignore[arg-type]
        write_tensor(image, plan_fit((32, 32), spec, (32, 32)), spec, out)
        expected = [(value - mean) / std for value, mean, std in zip(order, (1, 2, 3), (2, 4, 8), strict=True)]
        np.testing.assert_allclose(out[:, 5, 5], expected, rtol=1e-6)


def test_the_picture_lies_between_bars_of_the_padding() -> None:
    spec = InputSpec(pad=114, std=(1, 1, 1))
    out = np.empty((3, 64, 64), np.float32)
    image = np.full((32, 64, 3), 200, np.uint8)
    write_tensor(image, plan_fit((64, 32), spec, (64, 64)), spec, out)
    assert (out[:, :16] == 114).all()
    assert (out[:, 16:48] == 200).all()
    assert (out[:, 48:] == 114).all()
