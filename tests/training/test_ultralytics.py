"""The training script with Ultralytics, in the environment of the interpreter NGATU_TRAIN_PYTHON."""

# `make setup` does not install Ultralytics: it needs a gigabyte or more and is AGPL-3.0.

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.training_kit import labels, write_dataset
from vision.common.digest import sha256_of
from vision.common.object_class import CLASSES, ObjectClass
from vision.detection import load_detector
from vision.detection.models.self_test import known_picture
from vision.training.ultralytics.launcher import AUGMENTATION, SCRIPT

PYTHON = os.environ.get("NGATU_TRAIN_PYTHON", "")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not PYTHON, reason="NGATU_TRAIN_PYTHON names no interpreter with ultralytics"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    boxes = labels((ObjectClass.CAR, 10.0, 20.0, 110.0, 80.0), (ObjectClass.MOTORCYCLE, 200.0, 60.0, 240.0, 140.0))
    pictures = {f"a_{i}": boxes for i in range(8)}
    return write_dataset(tmp_path / "d", {"train": pictures, "val": {"b_1": boxes}})


@pytest.fixture
def command(tmp_path: Path, data: Path, shared: Path) -> Callable[[str], list[str]]:
    def build(out: str, *more: str) -> list[str]:
        base = str(shared / "models" / "yolo26n-base.pt")
        size = ["--size", "64", "--batch", "2", "--epochs", "3"]
        where = ["--base", base, "--out", str(tmp_path / out), "--python", PYTHON]
        return [sys.executable, "-m", "vision", "models", "train", str(data), *where, *size, *more]

    return build


def test_the_same_seed_gives_the_same_file(tmp_path: Path, command: Callable[..., list[str]]) -> None:
    for out, seed in (("one", "1"), ("two", "1"), ("three", "2")):
        subprocess.run(command(out, "--seed", seed, "--name", "m"), check=True)
    first, second, third = (sha256_of(tmp_path / out / "m.onnx") for out in ("one", "two", "three"))
    assert first == second
    assert first != third
    detector = load_detector(tmp_path / "one" / "m.onnx", threads=1)
    assert detector.model.names == tuple(CLASSES)
    assert detector.model.width is None
    assert detector.model.batches


def test_an_interrupted_training_resumes_after_the_last_complete_epoch(
    tmp_path: Path, command: Callable[..., list[str]]
) -> None:
    process = subprocess.Popen(command("out", "--name", "m"))
    _await((tmp_path / "out" / "spent.json").exists, 200)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    assert not (tmp_path / "out" / "m.onnx").exists()
    done = json.loads((tmp_path / "out" / "spent.json").read_text())["epochs"]
    subprocess.run(command("out", "--name", "m", "--resume"), check=True)
    spent = json.loads((tmp_path / "out" / "spent.json").read_text())
    assert (spent["epochs"], spent["finished"]) == (3, True)
    assert 1 <= done < 3
    assert "Resuming training" in (tmp_path / "out" / "log.txt").read_text()


def test_the_head_starts_with_cocos_weights_of_our_classes(tmp_path: Path, shared: Path) -> None:
    """Before training, our six classes score as the same classes of COCO's eighty."""
    script = tmp_path / "untrained.py"
    script.write_text(
        f"import sys; sys.path[:0] = {[str(SCRIPT.parent), str(AUGMENTATION)]!r}\n"
        "from pathlib import Path\nfrom ultralytics import YOLO\nimport train_script as t\n"
        f"model = YOLO({str(shared / 'models' / 'yolo26n-base.pt')!r})\n"
        f"t.with_our_classes(model.model, {[c.value for c in CLASSES]!r}).float()\n"
        f"exported = model.export(format='onnx', imgsz=320, dynamic=True, simplify=False)\n"
        f"Path(exported).replace({str(tmp_path / 'm.onnx')!r})\n"
    )
    (tmp_path / "base.pt").write_bytes((shared / "models" / "yolo26n-base.pt").read_bytes())
    script.write_text(script.read_text().replace(str(shared / "models" / "yolo26n-base.pt"), str(tmp_path / "base.pt")))
    subprocess.run([PYTHON, script], check=True, env={**os.environ, "YOLO_CONFIG_DIR": str(tmp_path)})
    ours = load_detector(tmp_path / "m.onnx", threads=1)
    theirs = load_detector(shared / "models" / "yolo26n.onnx", threads=1)
    _, image = known_picture()
    mine, coco = ours.detect([image])[0], theirs.detect([image])[0]
    assert mine.class_id.tolist() == coco.class_id.tolist()
    np.testing.assert_allclose(mine.confidence, coco.confidence, atol=0.02)


def _await(condition: Callable[[], bool], patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
