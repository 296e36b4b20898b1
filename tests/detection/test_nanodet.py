"""NanoDet-g, the Apache-2.0 detector that comes with ngatu: the shipped file computes what its origin computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vision.detection.decoders.nanodet import INPUT
from vision.detection.loading import load_detector
from vision.detection.models.cards import find_card, weights_file
from vision.detection.models.pull import pull
from vision.detection.models.self_test import run_self_test
from vision.detection.session import Session

TENSORFLOW_JS = Path(__file__).with_name("nanodet_g_outputs.json")
"""48 values of each output that TensorFlow.js 4.22 computed for `known_frame`, evenly over each flattened output."""


@pytest.fixture(scope="module")
def weights() -> Path:
    return weights_file(find_card("nanodet_g"))


def known_frame(side: int = 416) -> NDArray[np.float32]:
    """(1, 3, side, side): a normalised pattern that any language computes alike."""
    channel, y, x = np.ogrid[:3, :side, :side]
    levels = ((3 * x + 5 * y + x * y // 97 + 85 * channel) % 256).astype(np.float32)
    mean, std = (np.array(v, np.float32).reshape(3, 1, 1) for v in (INPUT.mean, INPUT.std))
    return np.asarray(((levels - mean) / std)[None], np.float32)


def test_outputs_equal_those_of_tensorflow_js(weights: Path) -> None:
    session = Session(weights, providers=["cpu"])
    outputs = dict(zip(session.output_names, session.run({session.inputs[0].name: known_frame()}), strict=True))
    expected: dict[str, list[float]] = json.loads(TENSORFLOW_JS.read_text(encoding="utf-8"))["outputs"]
    for name, values in expected.items():
        flat = np.asarray(outputs[name], np.float32).reshape(-1)
        places = np.linspace(0, flat.size - 1, len(values)).astype(np.int64)
        np.testing.assert_allclose(flat[places], values, atol=1e-3, err_msg=name)


def test_takes_any_multiple_of_32_and_several_pictures(weights: Path) -> None:
    detector = load_detector(weights)
    assert detector.model.width is None
    assert detector.model.batches
    assert detector.model.family == "nanodet"


def test_detects_the_road_users_of_the_known_picture() -> None:
    result = run_self_test(load_detector("nanodet_g"))
    assert result.passed
    assert sum(result.found.values()) >= 6


def test_needs_no_download(weights: Path) -> None:
    assert pull(find_card("nanodet_g")) == weights


@pytest.mark.shared
def test_agrees_with_an_independent_conversion(weights: Path, shared: Path) -> None:
    ours, theirs = Session(weights), Session(shared / "models" / "nanodet_g_640.onnx")
    frame = np.random.default_rng(7).normal(size=(1, 3, 640, 640)).astype(np.float32)
    for mine, other in zip(ours.run({"input_1": frame}), theirs.run({"input_1": frame}), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4)
