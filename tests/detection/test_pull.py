"""Getting weights into the cache."""

import hashlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.detection.detection_tiny_models import cells_of, constant_model
from vision.common.paths import cache_dir
from vision.common.progress import quiet
from vision.core import ModelError
from vision.detection.loading import load_detector
from vision.detection.models.add import add
from vision.detection.models.cards import ModelCard, UltralyticsSource, UrlSource, weights_file
from vision.detection.models.pull import fetch, pull

YOLO = np.zeros((84, cells_of(64, 64)), np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    folder = tmp_path / "cache"
    (folder / "models").mkdir(parents=True)
    monkeypatch.setenv("NGATU_CACHE", str(folder))
    return folder / "models"


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder by HTTP, as a site would serve it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SilentHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url_card(url: str, sha256: str | None = None) -> ModelCard:
    source = UrlSource.model_construct(kind="url", url=url)
    card = ModelCard(name="far", title="t", licence="l", source={"kind": "url", "url": "https://x"}, sha256=sha256)  # type: ignore[arg-type]
    return card.model_copy(update={"source": source})


def test_a_file_from_an_address_is_tried_and_cached(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "far.onnx", {"output0": YOLO}, sides=(64, 64))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    steps: list[str] = []
    with served(tmp_path) as site:
        got = pull(url_card(f"{site}/far.onnx", digest), lambda step, _done, _total: steps.append(step))
    assert got == cache_dir("models") / "far.onnx"
    assert got.read_bytes() == file.read_bytes()
    assert steps[0] == "downloading far.onnx"


def test_a_file_of_another_hash_is_refused_and_not_kept(tmp_path: Path, cache: Path) -> None:
    constant_model(tmp_path / "far.onnx", {"output0": YOLO}, sides=(64, 64))
    with served(tmp_path) as site, pytest.raises(ModelError, match=r"far.*SHA-256.*0000"):
        pull(url_card(f"{site}/far.onnx", "0" * 64))
    assert [f.name for f in cache.iterdir()] == ["far.lock"]


def test_cached_weights_that_were_damaged_are_refused_when_loaded(cache: Path) -> None:
    (cache / "yolox_nano.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"yolox_nano.*SHA-256.*ngatu models pull --force yolox_nano"):
        load_detector("yolox_nano")


def test_a_page_in_place_of_a_model_is_refused_and_not_kept(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "far.onnx").write_text("<html>sign in first</html>")
    with served(tmp_path) as site, pytest.raises(ModelError, match="not a complete ONNX model"):
        pull(url_card(f"{site}/far.onnx"))
    assert not (cache / "far.onnx").exists()


def test_an_unreachable_address_names_the_alternatives(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"needs the internet.*ngatu models add.*traffic26n"):
        fetch("http://127.0.0.1:9/far.onnx", tmp_path / "x.onnx", quiet)
    with served(tmp_path) as site, pytest.raises(ModelError, match="404"):
        fetch(f"{site}/absent.onnx", tmp_path / "x.onnx", quiet)


def test_remains_of_a_killed_pull_are_removed(tmp_path: Path, cache: Path) -> None:
    (cache / "far.making").mkdir()
    (cache / "far.making" / "half").write_bytes(b"x" * 1000)
    constant_model(tmp_path / "far.onnx", {"output0": YOLO}, sides=(64, 64))
    with served(tmp_path) as site:
        pull(url_card(f"{site}/far.onnx"))
    assert sorted(f.name for f in cache.iterdir()) == ["far.lock", "far.onnx"]


def test_two_processes_fetch_the_same_model_once(tmp_path: Path) -> None:
    constant_model(tmp_path / "far.onnx", {"output0": YOLO}, sides=(64, 64))
    fetched: list[str] = []
    both_asked = threading.Barrier(2, timeout=20)

    def ask(site: str) -> None:
        card = url_card(f"{site}/far.onnx")
        assert not weights_file(card).exists()
        both_asked.wait()
        pull(card, lambda step, _done, _total: fetched.append(step) if step.startswith("down") else None)

    with served(tmp_path) as site:
        threads = [threading.Thread(target=ask, args=(site,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert fetched == ["downloading far.onnx"]
    assert (cache_dir("models") / "far.onnx").is_file()


def test_missing_ultralytics_names_install_step_and_licence() -> None:
    card = ModelCard(name="y", title="t", licence="l", source=UltralyticsSource(kind="ultralytics", weights="y.pt"))
    with pytest.raises(ModelError, match=r"ngatu\[export\].*AGPL-3\.0"):
        pull(card, python=Path("/bin/false"))
    with pytest.raises(ModelError, match=r"/absent/python.*No such file"):
        pull(card, python=Path("/absent/python"))


def test_a_failed_ultralytics_export_gives_reason_and_remedy(tmp_path: Path) -> None:
    """An environment with an `ultralytics` that cannot download, as on a machine without internet."""
    for name in ("onnx", "ultralytics"):
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "ultralytics.py").write_text("def YOLO(weights): raise ConnectionError(f'offline: {weights}')")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    card = ModelCard(name="y", title="t", licence="l", source=UltralyticsSource(kind="ultralytics", weights="y.pt"))
    with pytest.raises(ModelError, match=r"y\.pt.*offline: y\.pt.*needs the internet.*ngatu models add"):
        pull(card, python=python)


def test_a_packaged_models_name_cannot_be_reused(tmp_path: Path) -> None:
    file = constant_model(tmp_path / "yolo26n.onnx", {"output0": YOLO}, sides=(64, 64))
    with pytest.raises(ModelError, match=r"yolo26n.*--name"):
        add(file)
