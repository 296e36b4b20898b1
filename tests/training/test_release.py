"""Promotion, float16 weights, and the files of a trained model."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.training.evaluation_kit import evaluation
from vision.common.digest import sha256_of
from vision.core import ModelError
from vision.detection.loading import locate
from vision.detection.models.cards import (
    DEFAULT_MODEL,
    ModelCard,
    default_model,
    default_pointer,
    read_card,
    weights_file,
)
from vision.training.data.prepare import Prepared
from vision.training.evaluation.report import Evaluation, ModelFile
from vision.training.release.float16 import store_as_float16
from vision.training.release.gate import judge
from vision.training.release.model_card import ModelDescription, write_release
from vision.training.release.promotion import promote, records_file
from vision.training.ultralytics.launcher import TrainingResult
from vision.training.ultralytics.recipe import Recipe

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def weighted_model(file: Path) -> Path:
    """A 3 x 3 convolution, with metadata as an exporter writes it."""
    weights = np.random.default_rng(0).normal(size=(8, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "w"], ["output0"], pads=[1, 1, 1, 1])],
        "g",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 8, 8, 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"names": "{0: 'car'}", "args": "/home/someone/data", "date": "2026"})
    onnx.save(model, str(file))
    return file


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache with a model `new`."""
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    weighted_model(folder / "new.onnx")
    (folder / "new.yaml").write_text("{name: new, title: t, licence: l, source: {kind: file, origin: o}}")
    return folder


def evaluation_of_new(cache: Path, **changes: float) -> Evaluation:
    present, _ = locate(default_model())
    files = {
        "model": ModelFile(name="new", sha256=sha256_of(cache / "new.onnx"), size_px=640),
        "against": ModelFile(name=DEFAULT_MODEL, sha256=sha256_of(present), size_px=640),
    }
    return judge(evaluation(**changes).model_copy(update=files))  # type: ignore[arg-type]


def test_a_model_that_passed_becomes_the_default_and_back(cache: Path) -> None:
    assert default_model() == DEFAULT_MODEL
    record = promote("new", evaluation_of_new(cache), at=NOW)
    assert (record.before, record.passed, record.reason) == (DEFAULT_MODEL, True, None)
    assert default_model() == "new"
    assert default_pointer().read_text() == "new\n"
    assert [f.name for f in cache.glob("*.part")] == []
    promote(DEFAULT_MODEL, None, at=NOW)
    assert default_model() == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: None, "no evaluation was given"),
        (lambda e: e.model_copy(update={"model": e.against}), "of another file"),
        (lambda e: e.model_copy(update={"against": e.model}), f"not against the present default, '{DEFAULT_MODEL}'"),
        (lambda e: e.model_copy(update={"worse": ("bus: AP50 0.1 against 0.5",)}), "bus: AP50 0.1"),
    ],
)
def test_a_model_that_did_not_pass_is_refused_and_the_default_stays(cache: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    result = change(evaluation_of_new(cache))
    with pytest.raises(ModelError, match=f"'new' is not made the default: .*{message}.*--force --reason"):
        promote("new", result, at=NOW)
    with pytest.raises(ModelError, match=message):
        promote("new", result, at=NOW, force=True, reason="  ")
    assert default_model() == DEFAULT_MODEL


def test_force_with_a_reason_promotes_and_is_recorded(cache: Path) -> None:
    result = evaluation_of_new(cache, low=-0.3, high=-0.01)
    promote("new", result, at=NOW, force=True, reason="no buses run here")
    (line,) = records_file("new").read_text().splitlines()
    record = json.loads(line)
    assert record["reason"] == "no buses run here"
    assert record["passed"] is False
    assert "bus" in record["worse"][0]
    assert default_model() == "new"


def test_a_default_without_its_card_falls_back(cache: Path) -> None:
    promote("new", evaluation_of_new(cache), at=NOW)
    (cache / "new.yaml").unlink()
    assert default_model() == DEFAULT_MODEL


def test_a_file_without_a_card_cannot_be_the_default(cache: Path) -> None:
    with pytest.raises(ModelError, match="ngatu models add"):
        promote(str(cache / "new.onnx"), None, at=NOW)


def test_float16_weights_compute_the_same_up_to_rounding(tmp_path: Path) -> None:
    original = weighted_model(tmp_path / "original.onnx")
    half = store_as_float16(original, tmp_path / "half.onnx", "a model")
    picture = np.random.default_rng(1).random((1, 3, 8, 8), np.float32)
    sessions = [ort.InferenceSession(str(f), providers=["CPUExecutionProvider"]) for f in (original, half)]
    ours, theirs = (s.run(None, {"images": picture})[0] for s in sessions)
    np.testing.assert_allclose(ours, theirs, atol=5e-3)
    kept = {t.data_type for t in onnx.load(str(half)).graph.initializer}
    assert kept == {TensorProto.FLOAT16}
    assert sessions[1].get_modelmeta().custom_metadata_map == {"names": "{0: 'car'}", "description": "a model"}


def test_a_release_has_a_model_file_its_card_and_a_record(tmp_path: Path) -> None:
    (tmp_path / "base.pt").write_bytes(b"base")
    trained = TrainingResult(weighted_model(tmp_path / "m.onnx"), tmp_path / "w.pt", 3, 90.0, {"torch": "2"})
    prepared = Prepared(dataset="d", sha256="0" * 64, pictures=2, shown=3, given={"car": 2}, added={})
    stated = ModelDescription(name="mine", data_licence="CC BY 4.0, a city")
    file, card = write_release(
        trained, prepared, Recipe(), stated, base=tmp_path / "base.pt", folder=tmp_path, made=date(2026, 1, 2)
    )
    assert read_card(tmp_path / "mine.yaml") == card
    assert card.sha256 == sha256_of(file)
    assert card.licence == "AGPL-3.0"
    record = (tmp_path / "mine.training.yaml").read_text()
    for text in ("CC BY 4.0, a city", "minutes: 1.5", "base.pt", "seed: 0", "torch"):
        assert text in record
    assert str(tmp_path) not in record


def test_the_packaged_model_is_the_file_of_its_card(cache: Path) -> None:
    file, card = locate(DEFAULT_MODEL)
    assert isinstance(card, ModelCard)
    assert file == weights_file(card)
    assert card.sha256 is not None
    assert file.stat().st_size <= 6_000_000
