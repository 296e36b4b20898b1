"""`ngatu models`, as a person uses it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.detection.detection_tiny_models import cells_of, constant_model
from vision.commands import models


def ngatu(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    models.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["models", *arguments])
    return result.exit_code, result.output


def test_list_names_every_card_and_its_licence() -> None:
    code, output = ngatu("list")
    assert code == 0
    for text in ("nanodet_g", "yolo26n", "AGPL-3.0", "Apache-2.0", "packaged", "ultralytics"):
        assert text in output


def test_check_lists_and_draws_the_detections(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.jpg"
    code, output = ngatu("check", "nanodet_g", "--render", str(drawn))
    assert code == 0, output
    assert "motorcycle" in output
    assert "of 12 clearly visible road users" in output
    assert cv2.imread(str(drawn)).shape == (540, 960, 3)


def test_check_fails_for_a_model_that_detects_nothing(tmp_path: Path) -> None:
    blind = {"output0": np.zeros((84, cells_of(64, 64)), np.float32)}
    code, output = ngatu("check", str(constant_model(tmp_path / "blind.onnx", blind, sides=(64, 64))))
    assert code == 1
    assert "detects too little" in output


def test_an_error_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")
    for arguments in (
        ["check", str(tmp_path / "broken.onnx")],
        ["add", str(tmp_path / "broken.onnx")],
        ["info", "absent"],
    ):
        code, output = ngatu(*arguments)
        assert code == 1
        assert output.startswith("error: model ")
        assert "Traceback" not in output


def test_info_shows_card_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = ngatu("info", "nanodet_g")
    assert code == 0
    for text in ("nanodet", "bgr", "CPUExecutionProvider", "nanodet_g.onnx", "motorcycle"):
        assert text in output
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path))
    assert "ngatu models pull yolo26n" in ngatu("info", "yolo26n")[1]


def test_pull_of_present_weights_does_nothing() -> None:
    code, output = ngatu("pull", "nanodet_g")
    assert code == 0
    assert "already present" in output
