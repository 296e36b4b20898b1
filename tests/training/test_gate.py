"""The gate, the promotion, and what leaves a training."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from vision.common.object_class import CLASSES, ObjectClass
from vision.core import ModelError, NgatuError
from vision.detection.cards import DEFAULT_MODEL, ModelCard, default_model, default_pointer, read_card, weights_file
from vision.detection.loading import locate
from vision.training.data.prepare import Prepared
from vision.training.data.yolo_dataset import file_digest
from vision.training.evaluation.report import (
    Compared,
    Counting,
    Evaluation,
    Figure,
    ModelFile,
    Score,
    Slice,
    Speed,
    read_evaluation,
    write_evaluation,
)
from vision.training.release.float16 import halve
from vision.training.release.gate import judged
from vision.training.release.model_card import Described, finish
from vision.training.release.promotion import promote, records_file
from vision.training.ultralytics.launcher import Trained
from vision.training.ultralytics.recipe import Recipe

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def figure(value: float, low: float, high: float) -> Figure:
    return Figure(value=value, low=low, high=high)


def compared(labels: int, low: float, high: float) -> Compared:
    """A class with this range of the difference in AP50."""
    middle = (low + high) / 2
    ours = Score(labels=labels, ap50=figure(0.5 + middle, 0, 1), ap50_95=None)
    return Compared(
        ours=ours, theirs=Score(labels=labels, ap50=figure(0.5, 0, 1), ap50_95=None), ap50=figure(middle, low, high)
    )


def evaluation(
    *,
    low: float = -0.02,
    high: float = 0.02,
    labels: int = 100,
    ratio: float = 1.0,
    wape: tuple[float, float] = (-0.01, 0.01),
    pictures: int = 100,
) -> Evaluation:
    better = compared(100, 0.1, 0.2)
    classes = dict.fromkeys(CLASSES, better) | {ObjectClass.BUS: compared(labels, low, high)}
    return Evaluation(
        model=ModelFile(name="new", sha256="0" * 64, size_px=640),
        against=ModelFile(name="old", sha256="1" * 64, size_px=640),
        data=(),
        slices=(Slice(name="whole", pictures=pictures, classes=classes, mean=better),),
        counting=Counting(
            wape=figure(0.03, 0, 0.1), theirs=figure(0.02, 0, 0.1), difference=figure(sum(wape) / 2, *wape), clips=()
        ),
        speed=Speed(ms=10, their_ms=10 * ratio, ratio=ratio),
    )


def test_a_difference_within_the_noise_passes() -> None:
    assert judged(evaluation()).passed
    assert judged(evaluation(low=-0.3, high=0.001)).worse == ()


def test_a_class_that_is_worse_beyond_the_noise_is_held_against_it() -> None:
    told = judged(evaluation(low=-0.3, high=-0.01))
    assert not told.passed
    (words,) = told.worse
    assert words.startswith("bus: AP50 0.345 against 0.500")


def test_a_class_with_few_labels_is_told_to_be_open() -> None:
    told = judged(evaluation(low=-0.3, high=-0.01, labels=9))
    assert told.worse == ()
    assert told.untold == ("bus: 9 labels are too few to judge by",)


def test_counting_worse_and_slower_are_held_against_it() -> None:
    assert "WAPE" in judged(evaluation(wape=(0.001, 0.02))).worse[0]
    assert judged(evaluation(wape=(-0.02, 0.02))).passed
    assert "10.0 ms a picture against 9.0 ms" in judged(evaluation(ratio=0.9)).worse[0]


def test_a_speed_measured_on_few_pictures_is_told_to_be_open() -> None:
    told = judged(evaluation(ratio=0.5, pictures=19))
    assert told.worse == ()
    assert told.untold == ("speed: 19 pictures are too few to judge by",)


def test_an_evaluation_against_nothing_passes_nothing() -> None:
    alone = evaluation().model_copy(update={"against": None})
    assert not judged(alone).passed


def test_an_evaluation_survives_its_file(tmp_path: Path) -> None:
    whole = judged(evaluation(low=-0.3, high=-0.01))
    write_evaluation(whole, tmp_path / "e.json")
    assert read_evaluation(tmp_path / "e.json") == whole
    (tmp_path / "e.json").write_text("{}")
    with pytest.raises(NgatuError, match=r"e\.json.*ngatu models evaluate"):
        read_evaluation(tmp_path / "e.json")


def weighted_model(file: Path) -> Path:
    """One 3 x 3 convolution and metadata as an exporter writes it."""
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
    """An empty cache with one more model, `new`."""
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    weighted_model(folder / "new.onnx")
    (folder / "new.yaml").write_text("{name: new, title: t, licence: l, source: {kind: file, origin: o}}")
    return folder


def of_this_machine(cache: Path, **changes: float) -> Evaluation:
    present, _ = locate(default_model())
    files = {
        "model": ModelFile(name="new", sha256=file_digest(cache / "new.onnx"), size_px=640),
        "against": ModelFile(name=DEFAULT_MODEL, sha256=file_digest(present), size_px=640),
    }
    return judged(evaluation(**changes).model_copy(update=files))  # type: ignore[arg-type]


def test_a_model_that_passed_becomes_the_default_and_can_be_taken_back(cache: Path) -> None:
    assert default_model() == DEFAULT_MODEL
    record = promote("new", of_this_machine(cache), at=NOW)
    assert (record.before, record.passed, record.reason) == (DEFAULT_MODEL, True, None)
    assert default_model() == "new"
    assert default_pointer().read_text() == "new\n"
    assert [f.name for f in cache.glob("*.part")] == []
    promote(DEFAULT_MODEL, None, at=NOW)
    assert default_model() == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _: None, "no evaluation was given"),
        (lambda e: e.model_copy(update={"model": e.against}), "of another file"),
        (lambda e: e.model_copy(update={"against": e.model}), f"not against the present default, '{DEFAULT_MODEL}'"),
        (lambda e: e.model_copy(update={"worse": ("bus: AP50 0.1 against 0.5",)}), "bus: AP50 0.1"),
    ],
)
def test_one_that_did_not_pass_is_refused_and_the_default_stays(cache: Path, spoil, words: str) -> None:  # type: ignore[no-untyped-def]
    told = spoil(of_this_machine(cache))
    with pytest.raises(ModelError, match=f"'new' is not made the default: .*{words}.*--force --reason"):
        promote("new", told, at=NOW)
    with pytest.raises(ModelError, match=words):
        promote("new", told, at=NOW, force=True, reason="  ")
    assert default_model() == DEFAULT_MODEL


def test_force_with_a_reason_promotes_and_is_remembered(cache: Path) -> None:
    told = of_this_machine(cache, low=-0.3, high=-0.01)
    promote("new", told, at=NOW, force=True, reason="no buses run here")
    (line,) = records_file("new").read_text().splitlines()
    record = json.loads(line)
    assert record["reason"] == "no buses run here"
    assert record["passed"] is False
    assert "bus" in record["worse"][0]
    assert default_model() == "new"


def test_a_pointer_to_a_model_that_is_gone_falls_back(cache: Path) -> None:
    promote("new", of_this_machine(cache), at=NOW)
    (cache / "new.yaml").unlink()
    assert default_model() == DEFAULT_MODEL


def test_a_bare_file_cannot_be_the_default(cache: Path) -> None:
    with pytest.raises(ModelError, match="ngatu models add"):
        promote(str(cache / "new.onnx"), None, at=NOW)


def test_half_the_size_computes_the_same_but_for_rounding_and_forgets_the_machine(tmp_path: Path) -> None:
    whole = weighted_model(tmp_path / "whole.onnx")
    half = halve(whole, tmp_path / "half.onnx", "a model")
    picture = np.random.default_rng(1).random((1, 3, 8, 8), np.float32)
    sessions = [ort.InferenceSession(str(f), providers=["CPUExecutionProvider"]) for f in (whole, half)]
    ours, theirs = (s.run(None, {"images": picture})[0] for s in sessions)
    np.testing.assert_allclose(ours, theirs, atol=5e-3)
    kept = {t.data_type for t in onnx.load(str(half)).graph.initializer}
    assert kept == {TensorProto.FLOAT16}
    assert sessions[1].get_modelmeta().custom_metadata_map == {"names": "{0: 'car'}", "description": "a model"}


def test_a_training_leaves_a_file_a_card_that_fits_it_and_a_record(tmp_path: Path) -> None:
    (tmp_path / "base.pt").write_bytes(b"base")
    trained = Trained(weighted_model(tmp_path / "m.onnx"), tmp_path / "w.pt", 3, 90.0, {"torch": "2"})
    prepared = Prepared(dataset="d", sha256="0" * 64, pictures=2, shown=3, given={"car": 2}, added={})
    described = Described(name="mine", data_licence="CC BY 4.0, somebody")
    file, card = finish(
        trained, prepared, Recipe(), described, base=tmp_path / "base.pt", folder=tmp_path, made=date(2026, 1, 2)
    )
    assert read_card(tmp_path / "mine.yaml") == card
    assert card.sha256 == file_digest(file)
    assert card.licence == "AGPL-3.0"
    record = (tmp_path / "mine.training.yaml").read_text()
    for words in ("CC BY 4.0, somebody", "minutes: 1.5", "base.pt", "seed: 0", "torch"):
        assert words in record
    assert str(tmp_path) not in record


def test_the_packaged_model_is_the_file_that_its_card_names(cache: Path) -> None:
    file, card = locate(DEFAULT_MODEL)
    assert isinstance(card, ModelCard)
    assert file == weights_file(card)
    assert card.sha256 is not None
    assert file.stat().st_size <= 6_000_000
