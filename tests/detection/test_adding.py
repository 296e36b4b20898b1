"""A model enters the list only if it loads and runs, within limits, in a process of its own."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.detection.detection_tiny_models import cells_of, constant_model
from vision.common.object_class import ObjectClass
from vision.core import ModelError
from vision.detection.class_map import COCO, by_name, unmapped
from vision.detection.loading import load_detector
from vision.detection.models import trial
from vision.detection.models.add import add
from vision.detection.models.cards import DEFAULT_MODEL, load_cards

NO_SECOND_CAR = {"traffic light", "train", "boat", "horse", "parking meter", "stop sign"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    folder = tmp_path / "cache"
    (folder / "models").mkdir(parents=True)
    monkeypatch.setenv("NGATU_CACHE", str(folder))
    return folder / "models"


def default_with(file: Path, **names: str) -> Path:
    """The default model with other class names, by the usual ones."""
    source = load_detector(DEFAULT_MODEL).model
    model = onnx.load(source.file)
    spelt = {number: names.get(name, name) for number, name in enumerate(source.names)}
    helper.set_model_props(model, {"names": str(spelt)})
    onnx.save(model, file)
    return file


def files(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


@pytest.mark.parametrize(
    "names",
    [
        {"motorcycle": "motorbike"},
        {"car": "cars", "motorcycle": "motorcycle "},
        {"motorcycle": "Xe máy", "bicycle": "xe đạp", "bus": "xe buýt", "truck": "xe tải", "person": "người"},
    ],
    ids=str,
)
def test_common_spellings_of_road_users_are_understood(tmp_path: Path, cache: Path, names: dict[str, str]) -> None:
    card, result = add(default_with(tmp_path / "city.onnx", **names))
    assert result.passed
    assert files(cache) == ["city.onnx", "city.yaml"]
    assert set(load_detector(card.name).model.classes.values()) == set(ObjectClass)


def test_a_road_user_that_no_class_stands_for_keeps_a_model_out(tmp_path: Path, cache: Path) -> None:
    file = default_with(tmp_path / "city.onnx", truck="auto-rickshaw")
    add(file)
    assert files(cache) == []
    model = load_detector(file).model
    assert unmapped(model.names, model.classes) == ["auto-rickshaw"]


def test_of_coco_six_names_are_road_users_and_no_other_sounds_like_one() -> None:
    assert len(by_name(COCO)) == 6
    assert set(COCO) >= NO_SECOND_CAR
    assert unmapped(COCO, by_name(COCO)) == []


def test_a_model_that_detects_too_little_does_not_stay(tmp_path: Path, cache: Path) -> None:
    blind = {"output0": np.zeros((84, cells_of(64, 64)), np.float32)}
    _, result = add(constant_model(tmp_path / "My model (2).onnx", blind, sides=(64, 64)))
    assert not result.passed
    assert files(cache) == []
    assert "My-model-2-" not in load_cards()


def test_weights_beside_the_file_are_taken_in(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    model = onnx.load(load_detector(DEFAULT_MODEL).model.file)
    onnx.save_model(
        model, folder / "city.onnx", save_as_external_data=True, location="city.onnx.data", size_threshold=0
    )
    assert (folder / "city.onnx.data").is_file()
    add(folder / "city.onnx")
    shutil.rmtree(folder)
    assert files(cache) == ["city.onnx", "city.yaml"]
    assert load_detector("city").model.batches


def test_a_batch_axis_that_is_open_by_name_only_is_used_one_picture_at_a_time(tmp_path: Path) -> None:
    model = onnx.load(load_detector(DEFAULT_MODEL).model.file)
    graph, output = model.graph, model.graph.output[0].name
    for node in graph.node:
        node.output[:] = ["whole" if name == output else name for name in node.output]
    graph.initializer.append(numpy_helper.from_array(np.array([1, 10, -1], np.int64), "one_picture"))
    graph.node.append(helper.make_node("Reshape", ["whole", "one_picture"], [output]))
    onnx.save(model, tmp_path / "baked.onnx")
    detector = load_detector(tmp_path / "baked.onnx", size=320)
    assert not detector.model.batches
    assert len(detector.detect([np.zeros((180, 320, 3), np.uint8)] * 3)) == 3


def looping(file: Path) -> Path:
    """A model that never comes to an end."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on_in"], ["on_out"]), helper.make_node("Identity", ["x_in"], ["x_out"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("on_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_in", TensorProto.FLOAT, [1, 3, 64, 64]),
        ],
        [
            helper.make_tensor_value_info("on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_out", TensorProto.FLOAT, [1, 3, 64, 64]),
        ],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["", "on", "images"], ["output0"], body=body)],
        "loop",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 3, 64, 64])],
        [numpy_helper.from_array(np.array(True), "on")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def huge(file: Path) -> Path:
    """A model that asks for 16 GiB."""
    graph = helper.make_graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
            helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
            helper.make_node("Add", ["images", "sum"], ["output0"]),
        ],
        "huge",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 3, 64, 64])],
        [numpy_helper.from_array(np.array([1 << 32], np.int64), "shape")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def not_utf8(file: Path) -> Path:
    """A model whose metadata is no text."""
    constant_model(file, {"output0": np.zeros((84, cells_of(64, 64)), np.float32)}, metadata={"names": "NO-TEXT"})
    file.write_bytes(file.read_bytes().replace(b"NO-TEXT", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9"))
    return file


@pytest.mark.parametrize("make", [huge, not_utf8])
def test_a_model_that_cannot_run_is_refused_by_name(tmp_path: Path, cache: Path, make: object) -> None:
    file = make(tmp_path / "odd.onnx")  # type: ignore[operator]
    with pytest.raises(ModelError, match=r"odd\.onnx"):
        add(file)
    assert files(cache) == []


def test_a_model_that_loops_is_given_up(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "LOADS_WITHIN_S", 6.0)
    with pytest.raises(ModelError, match="did not load and run within 6 s"):
        add(looping(tmp_path / "loop.onnx"))
    assert files(cache) == []
