"""The training as a process of its own: listened to, stopped, explained."""

import json
from pathlib import Path

import pytest

from tests.training.training_kit import interpreter, told
from vision.core import ModelError
from vision.training.ultralytics.launcher import SCRIPT, Progress, Trained, train
from vision.training.ultralytics.recipe import Recipe

DONE = {"onnx": "m.onnx", "weights": "w.pt", "versions": {"torch": "2"}, "epochs": 3, "seconds": 61.5}


def run(
    folder: Path, python: Path, *, resume: bool = False, recipe: Recipe | None = None
) -> tuple[Trained, list[Progress]]:
    heard: list[Progress] = []
    trained = train(
        recipe or Recipe(),
        base=folder / "base.pt",
        data=folder / "data.yaml",
        folder=folder / "out",
        python=python,
        resume=resume,
        watch=heard.append,
    )
    return trained, heard


def test_what_the_script_tells_is_heard_and_the_rest_goes_to_the_log(tmp_path: Path) -> None:
    python = interpreter(
        tmp_path,
        "loading",
        "  half a bar 3/9 "
        + told(step="training", batch=3, batches=9, epoch=1, epochs=3, seconds=4.5, losses={"box": 1.5}),
        told(step="saved", epoch=1),
        told(step="done", **DONE),
    )
    trained, heard = run(tmp_path, python)
    assert trained == Trained(Path("m.onnx"), Path("w.pt"), 3, 61.5, {"torch": "2"})
    assert [h.step for h in heard] == ["training", "saved", "done"]
    assert heard[0] == Progress("training", 3, 9, 1, 3, 4.5, (("box", 1.5),))
    log = (tmp_path / "out" / "log.txt").read_text()
    assert log.splitlines() == ["loading", "  half a bar 3/9"]


def test_the_script_reads_whole_paths_and_the_recipe(tmp_path: Path) -> None:
    run(tmp_path, interpreter(tmp_path, told(step="done", **DONE)), resume=True, recipe=Recipe(minutes=30, seed=7))
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert all(Path(settings[key]).is_absolute() for key in ("base", "data", "folder"))
    assert settings["resume"] is True
    assert settings["ultralytics"]["time"] == 0.5
    assert settings["ultralytics"]["seed"] == 7
    assert settings["ultralytics"]["val"] is False


def test_its_last_words_are_the_error(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "Traceback", "RuntimeError: the disk is full", code=1)
    with pytest.raises(ModelError, match=r"out: RuntimeError: the disk is full; see .*log\.txt"):
        run(tmp_path, python)


def test_an_environment_without_ultralytics_is_told_apart(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "ModuleNotFoundError: No module named 'ultralytics'", code=1)
    with pytest.raises(ModelError, match=r"has no ultralytics.*ngatu\[train\].*--python.*AGPL-3\.0"):
        run(tmp_path, python)


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent/python: No such file.*--python"):
        run(tmp_path, tmp_path / "absent" / "python")


def test_an_end_without_a_word_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ended without saying so; see .*log\.txt"):
        run(tmp_path, interpreter(tmp_path, told(step="saved")))


def test_whoever_stops_listening_stops_the_training(tmp_path: Path) -> None:
    """Ctrl-C, raised in the watcher as it is by a signal while it listens."""
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/pid\necho '" + told(step="training", batch=1) + "'\nexec sleep 60\n"
    )
    python.chmod(0o755)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(Recipe(), base=tmp_path, data=tmp_path, folder=tmp_path, python=python, resume=False, watch=interrupt)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_the_script_imports_nothing_of_ngatu_but_its_neighbour() -> None:
    text = SCRIPT.read_text()
    assert "import vision" not in text
    assert "from vision" not in text
    neighbour = SCRIPT.with_name("weather.py").read_text()
    assert "from vision" not in neighbour


def test_a_recipe_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        Recipe(size=600)
    with pytest.raises(ValueError, match="greater than 0"):
        Recipe(minutes=0)
