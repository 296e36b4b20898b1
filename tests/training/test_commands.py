"""`ngatu models train`, `evaluate` and `promote` as a person types them."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.training.training_kit import interpreter, labels, told, write_dataset
from vision.commands import models
from vision.common.object_class import CLASSES, ObjectClass
from vision.core import Detections
from vision.detection import load_detector
from vision.detection.cards import DEFAULT_MODEL, default_model, read_card
from vision.detection.checking import known_picture
from vision.training.data.yolo_dataset import Labels, write_labels
from vision.training.evaluation.report import read_evaluation


def ngatu(*words: str | Path) -> tuple[int, str]:
    app = typer.Typer()
    models.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["models", *map(str, words)])
    return result.exit_code, result.output


def street(folder: Path, what: Detections, times: int) -> Path:
    """The bundled street picture `times` over in a data set whose labels are these."""
    _, image = known_picture()
    height, width = image.shape[:2]
    boxes = Labels(what.xyxy / np.array([width, height, width, height], np.float32), what.class_id)
    made = write_dataset(folder, {"val": {}})
    for i in range(times):
        cv2.imwrite(str(made / "images" / "val" / f"hanoi_{i}.png"), image)
        write_labels(made / "labels" / "val" / f"hanoi_{i}.txt", boxes)
    return made


@pytest.fixture(scope="module")
def seen() -> Detections:
    """What the detector that comes with ngatu sees in the bundled picture: taken for the truth here."""
    found = load_detector(DEFAULT_MODEL, threads=1).detect([known_picture()[1]])[0]
    assert len(found) > 20
    return found


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def test_a_model_that_sees_all_labels_scores_one_in_the_very_detector_of_the_workers(
    tmp_path: Path, cache: Path, seen: Detections
) -> None:
    data = street(tmp_path / "d", seen, 2)
    code, said = ngatu("evaluate", DEFAULT_MODEL, "--data", data, "--against", "none", "--json")
    assert code == 0, said
    document = json.loads(said[said.index("{") :])
    whole = document["slices"][0]
    assert whole["name"] == "whole"
    there = {CLASSES[i].value for i in seen.class_id}
    for kind, score in whole["classes"].items():
        if kind in there:
            assert score["ours"]["ap50_95"]["value"] == pytest.approx(1), kind
        else:
            assert "ap50" not in score["ours"], kind
    assert {s["name"] for s in document["slices"]} >= {"scene hanoi", "day", "medium"}
    assert "night" not in {s["name"] for s in document["slices"]}
    assert document["data"] == [{"dataset": "d/val", "pictures": 2, "sha256": document["data"][0]["sha256"]}]


def test_the_default_beside_itself_passes_and_the_table_says_so(tmp_path: Path, cache: Path, seen: Detections) -> None:
    data = street(tmp_path / "d", seen, 2)
    code, said = ngatu(
        "evaluate", DEFAULT_MODEL, "--data", data, "--save", tmp_path / "e.json", "--page", tmp_path / "e.md"
    )
    assert code == 0, said
    for words in ("the gate: passed", "times as fast", "1.000 (1.000 to 1.000)", "cannot be told: counting"):
        assert words in said
    result = read_evaluation(tmp_path / "e.json")
    assert result.against == result.model
    table = (tmp_path / "e.md").read_text()
    assert "| car | " in table
    assert "1.000 (1.000 to 1.000) | +0.000 (+0.000 to +0.000)" in table
    assert "a ratio of" in table
    assert result.passed
    code, said = ngatu("promote", DEFAULT_MODEL, "--evaluation", tmp_path / "e.json")
    assert code == 0, said
    assert default_model() == DEFAULT_MODEL


@pytest.mark.shared
def test_a_model_that_sees_less_is_refused_by_exit_code_and_by_promote(
    tmp_path: Path, cache: Path, seen: Detections, shared: Path
) -> None:
    data = street(tmp_path / "d", seen, 3)
    weak = shared / "models" / "yolox_nano_416.onnx"
    code, said = ngatu("add", weak, "--name", "weak")
    assert code == 0, said
    code, said = ngatu("evaluate", "weak", "--data", data, "--save", tmp_path / "e.json")
    assert code == 1, said
    assert "worse: motorcycle: AP50" in said
    assert "the gate: refused" in said
    code, said = ngatu("promote", "weak", "--evaluation", tmp_path / "e.json")
    assert code == 1
    assert "'weak' is not made the default: motorcycle" in said
    code, said = ngatu("promote", "weak", "--evaluation", tmp_path / "e.json", "--force", "--reason", "a trial")
    assert code == 0, said
    assert default_model() == "weak"


def test_a_training_ends_with_a_model_that_can_be_added(tmp_path: Path, cache: Path) -> None:
    """The script is a stand-in that leaves a model of ours behind; everything around it is real."""
    car = (ObjectClass.CAR, 10.0, 20.0, 110.0, 80.0)
    data = write_dataset(tmp_path / "d", {"train": {"a_1": labels(car)}, "val": {"b_1": labels(car)}})
    (tmp_path / "base.pt").write_bytes(b"base")
    onnx = load_detector(DEFAULT_MODEL).model.file
    done = {"onnx": str(onnx), "weights": "w.pt", "versions": {"torch": "2"}, "epochs": 1, "seconds": 60}
    python = interpreter(
        tmp_path, told(step="training", batch=1, batches=1, epoch=1, epochs=1), told(step="done", **done)
    )
    options = ("--base", tmp_path / "base.pt", "--out", tmp_path / "out", "--python", python, "--epochs", "1")
    described = ("--name", "mine", "--data-licence", "CC BY 4.0, me")
    code, said = ngatu("train", data, *options, "--learning-rate", "5e-4", *described)
    assert code == 0, said
    assert "1 pictures, 1 shown an epoch; labels added by teachers: none" in said
    assert "epoch 1 of 1" in said
    card = read_card(tmp_path / "out" / "mine.yaml")
    assert card.names == tuple(CLASSES)
    assert "learning_rate: 0.0005" in (tmp_path / "out" / "mine.training.yaml").read_text()
    code, said = ngatu("add", tmp_path / "out" / "mine.onnx", "--card", tmp_path / "out" / "mine.yaml")
    assert code == 0, said
    assert (cache / "mine.onnx").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "600"], "size: .*multiple of 32"),
        (["--python", "absent/python"], "absent/python: No such file"),
        (["--name", "no/slash"], "name: "),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(tmp_path: Path, cache: Path, options: list[str], words: str) -> None:
    data = write_dataset(tmp_path / "d", {"train": {"a": labels()}})
    (tmp_path / "b.pt").write_bytes(b"base")
    code, said = ngatu("train", data, "--base", tmp_path / "b.pt", "--out", tmp_path / "out", *options)
    assert code == 1, said
    assert re.search(f"error: .*{words}", said), said
    assert "Traceback" not in said


def test_a_base_that_is_not_there_is_said_before_anything_is_prepared(tmp_path: Path, cache: Path) -> None:
    data = write_dataset(tmp_path / "d", {"train": {"a": labels()}})
    code, said = ngatu("train", data, "--base", tmp_path / "absent.pt", "--out", tmp_path / "out")
    assert code == 1
    assert "absent.pt" in said
    assert not (tmp_path / "out").exists()
