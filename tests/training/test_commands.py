"""`ngatu models train`, `evaluate` and `promote`."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.training.training_kit import interpreter, labels, message, write_dataset
from vision.commands import models
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.detection import load_detector
from vision.detection.models.cards import DEFAULT_MODEL, default_model, read_card
from vision.detection.models.self_test import known_picture
from vision.training.data.yolo_dataset import Labels, write_labels
from vision.training.evaluation.report import read_evaluation


def ngatu(*arguments: str | Path) -> tuple[int, str]:
    app = typer.Typer()
    models.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["models", *map(str, arguments)])
    return result.exit_code, result.output


def street(folder: Path, truth: Detections, times: int) -> Path:
    """A data set with the bundled street picture, `times` times, and these labels."""
    _, image = known_picture()
    height, width = image.shape[:2]
    boxes = Labels(truth.xyxy / np.array([width, height, width, height], np.float32), truth.class_id)
    dataset = write_dataset(folder, {"val": {}})
    for i in range(times):
        cv2.imwrite(str(dataset / "images" / "val" / f"hanoi_{i}.png"), image)
        write_labels(dataset / "labels" / "val" / f"hanoi_{i}.txt", boxes)
    return dataset


@pytest.fixture(scope="module")
def truth() -> Detections:
    """Detections of the default detector in the bundled picture, used as labels."""
    found = load_detector(DEFAULT_MODEL, threads=1).detect([known_picture()[1]])[0]
    assert len(found) > 20
    return found


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def test_a_model_that_detects_all_labels_scores_one(tmp_path: Path, cache: Path, truth: Detections) -> None:
    data = street(tmp_path / "d", truth, 2)
    code, output = ngatu("evaluate", DEFAULT_MODEL, "--data", data, "--against", "none", "--json")
    assert code == 0, output
    document = json.loads(output[output.index("{") :])
    whole = document["slices"][0]
    assert whole["name"] == "whole"
    present = {CLASSES[i].value for i in truth.class_id}
    for kind, score in whole["classes"].items():
        if kind in present:
            assert score["ours"]["ap50_95"]["value"] == pytest.approx(1), kind
        else:
            assert "ap50" not in score["ours"], kind
    assert {s["name"] for s in document["slices"]} >= {"scene hanoi", "day", "medium"}
    assert "night" not in {s["name"] for s in document["slices"]}
    assert document["data"] == [{"dataset": "d/val", "pictures": 2, "sha256": document["data"][0]["sha256"]}]


def test_the_default_compared_with_itself_passes(tmp_path: Path, cache: Path, truth: Detections) -> None:
    data = street(tmp_path / "d", truth, 2)
    code, output = ngatu(
        "evaluate", DEFAULT_MODEL, "--data", data, "--save", tmp_path / "e.json", "--page", tmp_path / "e.md"
    )
    assert code == 0, output
    for text in ("the gate: passed", "times as fast", "1.000 (1.000 to 1.000)", "undecided: counting"):
        assert text in output
    result = read_evaluation(tmp_path / "e.json")
    assert result.against == result.model
    table = (tmp_path / "e.md").read_text()
    assert "| car | " in table
    assert "1.000 (1.000 to 1.000) | +0.000 (+0.000 to +0.000)" in table
    assert "a ratio of" in table
    assert result.passed
    code, output = ngatu("promote", DEFAULT_MODEL, "--evaluation", tmp_path / "e.json")
    assert code == 0, output
    assert default_model() == DEFAULT_MODEL


@pytest.mark.shared
def test_a_worse_model_is_refused_by_exit_code_and_by_promote(
    tmp_path: Path, cache: Path, truth: Detections, shared: Path
) -> None:
    data = street(tmp_path / "d", truth, 3)
    weak = shared / "models" / "yolox_nano_416.onnx"
    code, output = ngatu("add", weak, "--name", "weak")
    assert code == 0, output
    code, output = ngatu("evaluate", "weak", "--data", data, "--save", tmp_path / "e.json")
    assert code == 1, output
    assert "worse: motorcycle: AP50" in output
    assert "the gate: refused" in output
    code, output = ngatu("promote", "weak", "--evaluation", tmp_path / "e.json")
    assert code == 1
    assert "'weak' is not made the default: motorcycle" in output
    code, output = ngatu("promote", "weak", "--evaluation", tmp_path / "e.json", "--force", "--reason", "a trial")
    assert code == 0, output
    assert default_model() == "weak"


def test_a_training_ends_with_a_model_that_can_be_added(tmp_path: Path, cache: Path) -> None:
    """Only the script is fake: it returns an existing model."""
    car = (ObjectClass.CAR, 10.0, 20.0, 110.0, 80.0)
    data = write_dataset(tmp_path / "d", {"train": {"a_1": labels(car)}, "val": {"b_1": labels(car)}})
    (tmp_path / "base.pt").write_bytes(b"base")
    onnx = load_detector(DEFAULT_MODEL).model.file
    done = {"onnx": str(onnx), "weights": "w.pt", "versions": {"torch": "2"}, "epochs": 1, "seconds": 60}
    python = interpreter(
        tmp_path, message(step="training", batch=1, batches=1, epoch=1, epochs=1), message(step="done", **done)
    )
    options = ("--base", tmp_path / "base.pt", "--out", tmp_path / "out", "--python", python, "--epochs", "1")
    described = ("--name", "mine", "--data-licence", "CC BY 4.0, me")
    code, output = ngatu("train", data, *options, "--learning-rate", "5e-4", *described)
    assert code == 0, output
    assert "1 pictures, 1 in an epoch; pseudo-labels: none" in output
    assert "epoch 1 of 1" in output
    card = read_card(tmp_path / "out" / "mine.yaml")
    assert card.names == tuple(CLASSES)
    assert "learning_rate: 0.0005" in (tmp_path / "out" / "mine.training.yaml").read_text()
    code, output = ngatu("add", tmp_path / "out" / "mine.onnx", "--card", tmp_path / "out" / "mine.yaml")
    assert code == 0, output
    assert (cache / "mine.onnx").is_file()


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        (["--size", "600"], "size: .*multiple of 32"),
        (["--python", "absent/python"], "absent/python: No such file"),
        (["--name", "no/slash"], "name: "),
    ],
)
def test_an_invalid_setting_is_one_sentence(tmp_path: Path, cache: Path, options: list[str], pattern: str) -> None:
    data = write_dataset(tmp_path / "d", {"train": {"a": labels()}})
    (tmp_path / "b.pt").write_bytes(b"base")
    code, output = ngatu("train", data, "--base", tmp_path / "b.pt", "--out", tmp_path / "out", *options)
    assert code == 1, output
    assert re.search(f"error: .*{pattern}", output), output
    assert "Traceback" not in output


def test_a_missing_base_is_reported_before_preparation(tmp_path: Path, cache: Path) -> None:
    data = write_dataset(tmp_path / "d", {"train": {"a": labels()}})
    code, output = ngatu("train", data, "--base", tmp_path / "absent.pt", "--out", tmp_path / "out")
    assert code == 1
    assert "absent.pt" in output
    assert not (tmp_path / "out").exists()
