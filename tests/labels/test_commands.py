"""`ngatu labels`, as an operator uses it, from a camera to a data set that can be trained on."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.kit.spine_kit import make_model
from tests.kit.worker_kit import HEIGHT, WIDTH, picture
from tests.labels.labels_kit import boxes, labelled, make_data_set
from vision.commands import labels
from vision.common.object_class import ObjectClass
from vision.labels.data_set.data_set import load
from vision.labels.data_set.picture import LabelledPicture
from vision.labels.data_set.provenance import read_ledger
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import read_reviews

FPS = 20


def ngatu(*words: object) -> tuple[int, str]:
    app = typer.Typer()
    labels.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["labels", *map(str, words)])
    return result.exit_code, result.output


def flickering_clip(path: Path, shade: int) -> Path:
    """Cars that drive through in a second each; in two frames of every lap the car is too dim for the detector."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"bf": "0", "preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", FPS
        for index in range(4 * FPS):
            image = np.maximum(picture(index / FPS % 1), np.uint8(shade))
            if index % FPS in (10, 11):
                image //= 2
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two cameras and two models."""
    (tmp_path / "cameras").mkdir()
    for number in (1, 2):
        clip = flickering_clip(tmp_path / f"c{number}.mp4", shade=20 * number)
        camera = {"id": f"c{number}", "source": {"kind": "file", "path": str(clip), "paced": False}}
        (tmp_path / "cameras" / f"c{number}.yaml").write_text(json.dumps(camera | {"detection": {"fps": FPS}}))
    for name in ("one", "other"):
        make_model(tmp_path / f"{name}.onnx")
    return tmp_path


def test_the_way_from_a_camera_to_a_data_set(place: Path) -> None:
    data, models = place / "set", ["--model", place / "one.onnx", "--model", place / "other.onnx"]
    words = ["--cameras", place / "cameras", "--per-hour", 3600, "--licence", "internal", "--owner", "us", "--blur"]
    code, said = ngatu("harvest", data, *words, "--model", place / "one.onnx")
    assert code == 0, said
    taken = read_ledger(data)
    assert {entry.camera_id for entry in taken.values()} == {"c1", "c2"}
    assert all(entry.blurred and entry.score > 0 for entry in taken.values())
    missed = {name for name, entry in taken.items() if "gap" in entry.reasons}
    assert len(missed) >= 2

    code, said = ngatu("propose", data, *models, "--size", 320)
    assert code == 0, said
    assert f"{len(taken)} pictures labelled" in said
    asked = {name for name, review in read_reviews(data).items() if review.questions}
    assert missed <= asked, "a track passes where nothing is seen"

    code, said = ngatu("export", data, place / "doubts.xml", "--doubtful", "--images")
    assert code == 0, said
    assert {f.name for f in (place / "images").iterdir()} == asked
    corrected = [
        LabelledPicture(p.name, p.split, p.width_px, p.height_px, boxes((ObjectClass.BUS, (10, 10, 50, 50))))
        for p in FORMATS["cvat"].read(place / "doubts.xml", {})
    ]
    FORMATS["cvat"].write(corrected, place / "doubts.xml")
    code, said = ngatu("import", place / "doubts.xml", "--into", data)
    assert code == 0, said
    assert f"{len(asked)} pictures corrected, 0 added, 0 passed over" in said

    code, said = ngatu("split", data, "--val", 0.4, "--corrected")
    assert code == 0, said
    for one in load(data).pictures:
        assert (one.split == "new") == (one.name not in asked), "only what people looked at is dealt"
    code, said = ngatu("check", data, "--json")
    assert code == 0, said
    report = json.loads(said)
    assert report["problems"] == []
    assert report["boxes"]["train"]["bus"] + report["boxes"]["val"]["bus"] == len(asked)
    code, said = ngatu("show", data, "--out", place / "sheets")
    assert code == 0, said
    assert (place / "sheets" / "sheet-001.jpg").stat().st_size > 1000


def test_check_shows_counts_and_names_what_is_wrong(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (ObjectClass.CAR, (10, 20, 60, 80)))])
    assert ngatu("check", folder)[0] == 0
    (folder / "labels" / "new" / "a_1.txt").write_text("7 0.5 0.5 0.1 0.1\n")
    code, said = ngatu("check", folder)
    assert code == 1
    assert "a_1.txt:1: class 7 is unknown: data.yaml names 6 classes, from 0 on" in said
    assert "the owner of 1 pictures is not stated" in said
    assert "motorcycle" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "{}/nowhere"], "no data set: it has no data.yaml"),
        (["export", "{}/set", "{}/out.xml", "--doubtful"], "nothing to export; harvest and propose first"),
        (["import", "{}/nowhere.xml", "--into", "{}/set"], "nowhere.xml: there is no such file: check the path"),
        (["import", "{}/nowhere.xml", "--into", "{}/set", "--map", "van"], "--map van: write their name, `=` and ours"),
        (["split", "{}/set"], "all 1 labelled pictures are of one scene"),
        (["propose", "{}/set", "--model", "yolo26n"], "one model agrees with itself"),
        (["harvest", "{}/set", "--cameras", "{}/none"], "none: there is no such folder"),
        (["harvest", "{}/set", "--cameras", "{}/set"], "no camera to harvest from"),
        (["harvest", "{}/set", "--cameras", "{}/set", "--camera", "c9"], "there is no camera c9"),
    ],
)
def test_an_error_is_a_sentence_that_names_culprit_and_remedy(tmp_path: Path, words: list[str], told: str) -> None:
    make_data_set(tmp_path / "set", [labelled("a_1.jpg", (ObjectClass.CAR, (10, 20, 60, 80)))])
    code, said = ngatu(*(word.format(tmp_path) for word in words))
    assert code == 1
    assert told in said
    assert "Traceback" not in said
