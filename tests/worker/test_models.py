"""The detector that a worker starts with where its settings name none."""

from pathlib import Path

import pytest

from tests.kit.spine_kit import make_model, store_model
from vision.config.settings import WorkerSettings
from vision.core import ModelError
from vision.detection.models.cards import default_pointer
from vision.worker import models
from vision.worker.models import load_default, promotion

SETTINGS = WorkerSettings(provider="cpu", threads=1)


@pytest.fixture(autouse=True)
def _model_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models `packaged`, which stands for the one that comes with ngatu, and `own`."""
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(models, "DEFAULT_MODEL", "packaged")
    for name in ("packaged", "own"):
        store_model(make_model(tmp_path / "squares.onnx"), name)


def test_the_promoted_model_is_loaded_and_without_one_the_packaged_model() -> None:
    assert load_default(SETTINGS)[0].model == "packaged"
    default_pointer().write_text("own\n")
    loaded, watch = load_default(SETTINGS)
    assert (loaded.model, loaded.provider, loaded.max_batch, watch.trouble) == ("own", "CPUExecutionProvider", 1, "")


@pytest.mark.parametrize("how", ["no weights", "no model in them", "no card"])
def test_the_packaged_model_replaces_a_promoted_one_that_cannot_be_loaded(tmp_path: Path, how: str) -> None:
    file = tmp_path / "cache" / "models" / "own.onnx"
    if how == "no weights":
        file.unlink()
    if how == "no model in them":
        file.write_bytes(b"nonsense")
    default_pointer().write_text("nowhere\n" if how == "no card" else "own\n")
    loaded, watch = load_default(SETTINGS)
    assert loaded.model == "packaged"
    assert "was promoted but cannot be used, 'packaged' is used instead" in watch.trouble


def test_without_any_model_loading_raises_and_names_it() -> None:
    default_pointer().write_text("own\n")
    for file in default_pointer().parent.glob("*.onnx"):
        file.unlink()
    with pytest.raises(ModelError, match="model 'packaged': its weights are not in"):
        load_default(SETTINGS)


def test_an_unreadable_pointer_at_the_start_means_the_packaged_model() -> None:
    default_pointer().write_bytes(b"\xff\xfe")
    assert load_default(SETTINGS)[0].model == "packaged"
    with pytest.raises(UnicodeDecodeError):
        promotion()
