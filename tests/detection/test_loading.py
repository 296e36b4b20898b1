"""A wrong, truncated or unknown model file gets an error that names it and what was expected."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.detection.detection_tiny_models import cells_of, constant_model
from vision.core import ModelError
from vision.detection import load_detector
from vision.detection.loading import build_detector
from vision.detection.models.cards import find_card
from vision.detection.session import Session, choose_providers

YOLO = np.zeros((84, cells_of(64, 64)), np.float32)


def refused(model: Path | str, *parts: str, **options: object) -> None:
    with pytest.raises(ModelError) as caught:
        load_detector(model, **options)  # type: ignore[arg-type]
    for part in parts:
        assert part in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "none.onnx", "none.onnx", "no such file")


def test_a_name_without_a_card_gets_the_cards_there_are() -> None:
    refused("yolo99", "yolo99", "nanodet_g", "yolo26n")


def test_a_card_without_weights_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path))
    refused("yolo26n", "yolo26n", "ngatu models pull yolo26n", str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x00" * 4096, b"PK\x03\x04" + b"x" * 500])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "web.onnx"
    file.write_bytes(content)
    refused(file, "web.onnx", f"{len(content)} bytes", "expected")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_model_is_named(tmp_path: Path, share: float) -> None:
    whole = constant_model(tmp_path / "whole.onnx", {"output0": YOLO}, sides=(64, 64)).read_bytes()
    file = tmp_path / "half.onnx"
    file.write_bytes(whole[: int(len(whole) * share)])
    refused(file, "half.onnx", "expected")


def test_a_model_of_no_known_family_gets_its_outputs_and_the_families(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "classifier.onnx", {"logits": np.zeros(1000, np.float32)}, sides=(64, 64))
    refused(file, "classifier.onnx", "logits", "1000", "yolo", "nanodet", "labels")


def test_a_model_that_takes_no_pictures_gets_its_inputs(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["tokens"], ["out"])],
        "text",
        [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["n", 512])],
        [helper.make_tensor_value_info("out", TensorProto.INT64, ["n", 512])],
    )
    file = tmp_path / "text.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    refused(file, "text.onnx", "tokens", "pictures")


def test_a_model_of_another_task_is_refused(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "pose.onnx", {"output0": YOLO}, sides=(64, 64), metadata={"task": "pose"})
    refused(file, "pose.onnx", "'pose'", "detect")


def test_a_model_without_road_users_is_refused(tmp_path: Path) -> None:
    output = np.zeros((6, cells_of(64, 64)), np.float32)
    names = {"names": "{0: 'cat', 1: 'dog'}"}
    file = constant_model(tmp_path / "pets.onnx", {"output0": output}, sides=(64, 64), metadata=names)
    refused(file, "pets.onnx", "cat", "motorcycle", "classes")


def test_a_model_whose_names_are_unknown_asks_for_a_card(tmp_path: Path) -> None:
    output = np.zeros((9, cells_of(64, 64)), np.float32)
    refused(
        constant_model(tmp_path / "five.onnx", {"output0": output}, sides=(64, 64)), "five.onnx", "5 classes", "card"
    )


def test_names_that_do_not_fit_the_outputs_are_refused(tmp_path: Path) -> None:
    names = {"names": "{0: 'car', 1: 'bus'}"}
    file = constant_model(tmp_path / "two.onnx", {"output0": YOLO}, sides=(64, 64), metadata=names)
    refused(file, "two.onnx", "80 classes", "names 2")


@pytest.mark.parametrize(
    "names",
    ["__import__('os').system('touch hacked')", "{0: " * 3000, "{1: 'car'}", "[1, 2]", "{0: 'car'" + " " * 200_000],
)
def test_metadata_is_read_as_data_never_run(tmp_path: Path, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = constant_model(tmp_path / "evil.onnx", {"output0": YOLO}, sides=(64, 64), metadata={"names": names})
    assert load_detector(file).model.names[2] == "car", "80 classes without names are COCO's"
    assert not (tmp_path / "hacked").exists()


def test_an_oversized_input_is_refused_before_memory_is_allocated(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "huge.onnx", {"output0": YOLO}, sides=(900_000, 900_000))
    refused(file, "huge.onnx", "900000")


def test_a_missing_provider_lists_those_present(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "m.onnx", {"output0": YOLO}, sides=(64, 64))
    refused(file, "TensorrtExecutionProvider", "CPUExecutionProvider", "onnxruntime", providers=["tensorrt"])


def test_the_cpu_is_always_the_last_resort() -> None:
    assert choose_providers()[-1] == "CPUExecutionProvider"
    assert choose_providers(["cpu"]) == ["CPUExecutionProvider"]


def test_a_card_that_says_another_family_than_the_file_has_is_refused(tmp_path: Path) -> None:
    session = Session(constant_model(tmp_path / "m.onnx", {"output0": YOLO}, sides=(64, 64)))
    with pytest.raises(ModelError, match=r"m\.onnx.*nanodet.*six outputs.*output0"):
        build_detector(session, find_card("nanodet_g"))
