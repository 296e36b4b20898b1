"""The training process: progress, log, stopping, errors."""

import json
import sys
from pathlib import Path

import pytest

from tests.training.training_kit import interpreter, message
from vision.core import ModelError
from vision.training.ultralytics.launcher import Progress, TrainingResult, train
from vision.training.ultralytics.recipe import Recipe

IMPORTING_INTERPRETER = """#!{python}
import runpy, sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest.mock import MagicMock

class Mocks:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "ultralytics"):
            return ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return MagicMock(__path__=[])
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Mocks())
sys.path[0] = str(Path(sys.argv[1]).parent)
runpy.run_path(sys.argv[1], run_name="imported")
print(*sys.modules)
print({done!r})
"""
"""Imports the script, prints the imported modules, and sends the message of a finished training."""

DONE = {"onnx": "m.onnx", "weights": "w.pt", "versions": {"torch": "2"}, "epochs": 3, "seconds": 61.5}


def run(
    folder: Path, python: Path, *, resume: bool = False, recipe: Recipe | None = None
) -> tuple[TrainingResult, list[Progress]]:
    received: list[Progress] = []
    trained = train(
        recipe or Recipe(),
        base=folder / "base.pt",
        data=folder / "data.yaml",
        folder=folder / "out",
        python=python,
        resume=resume,
        on_progress=received.append,
    )
    return trained, received


def test_messages_are_progress_and_other_output_goes_to_the_log(tmp_path: Path) -> None:
    python = interpreter(
        tmp_path,
        "loading",
        "  half a bar 3/9 "
        + message(step="training", batch=3, batches=9, epoch=1, epochs=3, seconds=4.5, losses={"box": 1.5}),
        message(step="saved", epoch=1),
        message(step="done", **DONE),
    )
    trained, received = run(tmp_path, python)
    assert trained == TrainingResult(Path("m.onnx"), Path("w.pt"), 3, 61.5, {"torch": "2"})
    assert [h.step for h in received] == ["training", "saved", "done"]
    assert received[0] == Progress("training", 3, 9, 1, 3, 4.5, (("box", 1.5),))
    log = (tmp_path / "out" / "log.txt").read_text()
    assert log.splitlines() == ["loading", "  half a bar 3/9"]


def test_the_settings_have_absolute_paths_and_the_recipe(tmp_path: Path) -> None:
    run(tmp_path, interpreter(tmp_path, message(step="done", **DONE)), resume=True, recipe=Recipe(minutes=30, seed=7))
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert all(Path(settings[key]).is_absolute() for key in ("base", "data", "folder"))
    assert settings["resume"] is True
    assert settings["ultralytics"]["time"] == 0.5
    assert settings["ultralytics"]["seed"] == 7
    assert settings["ultralytics"]["val"] is False


def test_the_last_line_of_output_is_the_error(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "Traceback", "RuntimeError: the disk is full", code=1)
    with pytest.raises(ModelError, match=r"out: RuntimeError: the disk is full; see .*log\.txt"):
        run(tmp_path, python)


def test_an_environment_without_ultralytics_is_reported(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "ModuleNotFoundError: No module named 'ultralytics'", code=1)
    with pytest.raises(ModelError, match=r"has no ultralytics.*ngatu\[train\].*--python.*AGPL-3\.0"):
        run(tmp_path, python)


def test_a_missing_interpreter_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent/python: No such file.*--python"):
        run(tmp_path, tmp_path / "absent" / "python")


def test_an_end_without_a_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ended without a result; see .*log\.txt"):
        run(tmp_path, interpreter(tmp_path, message(step="saved")))


def test_an_exception_in_the_progress_callback_stops_the_training(tmp_path: Path) -> None:
    """As Ctrl-C does."""
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\necho '" + message(step="training", batch=1) + "'\nexec sleep 60\n"
    )
    python.chmod(0o755)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            Recipe(), base=tmp_path, data=tmp_path, folder=tmp_path, python=python, resume=False, on_progress=interrupt
        )
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_the_script_finds_its_neighbours_and_imports_nothing_of_ngatu(tmp_path: Path) -> None:
    """An interpreter with mocks of torch and ultralytics imports the script; all other imports are real."""
    python = tmp_path / "python"
    python.write_text(IMPORTING_INTERPRETER.format(python=sys.executable, done=message(step="done", **DONE)))
    python.chmod(0o755)
    trained, _ = run(tmp_path, python)
    assert trained.onnx == Path("m.onnx")
    imported = (tmp_path / "out" / "log.txt").read_text().split()
    assert {"dataset", "distillation_loss", "copy_paste", "corruptions"} <= set(imported)
    assert not [name for name in imported if name.partition(".")[0] in {"vision", "api"}]


def test_a_recipe_refuses_invalid_settings() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        Recipe(size=600)
    with pytest.raises(ValueError, match="greater than 0"):
        Recipe(minutes=0)
