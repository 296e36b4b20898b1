"""`ngatu labels`: from a camera to a data set for training."""

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
from vision.labels.data_set.provenance import read_provenance
from vision.labels.formats import FORMATS
from vision.labels.review.reviews import read_reviews

FPS = 20


def ngatu(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    labels.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["labels", *map(str, arguments)])
    return result.exit_code, result.output


def flickering_clip(path: Path, shade: int) -> Path:
    """A car passes every second; in two frames of each pass it is too dark for the detector."""
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
def site(tmp_path: Path) -> Path:
    """A folder with two cameras and two models."""
    (tmp_path / "cameras").mkdir()
    for number in (1, 2):
        clip = flickering_clip(tmp_path / f"c{number}.mp4", shade=20 * number)
        camera = {"id": f"c{number}", "source": {"kind": "file", "path": str(clip), "paced": False}}
        (tmp_path / "cameras" / f"c{number}.yaml").write_text(json.dumps(camera | {"detection": {"fps": FPS}}))
    for name in ("one", "other"):
        make_model(tmp_path / f"{name}.onnx")
    return tmp_path


def test_from_a_camera_to_a_corrected_and_split_data_set(site: Path) -> None:
    data, models = site / "set", ["--model", site / "one.onnx", "--model", site / "other.onnx"]
    options = ["--cameras", site / "cameras", "--per-hour", 3600, "--licence", "internal", "--owner", "us", "--blur"]
    code, output = ngatu("harvest", data, *options, "--model", site / "one.onnx")
    assert code == 0, output
    harvested = read_provenance(data)
    assert {entry.camera_id for entry in harvested.values()} == {"c1", "c2"}
    assert all(entry.blurred and entry.score > 0 for entry in harvested.values())
    missed = {name for name, entry in harvested.items() if "gap" in entry.reasons}
    assert len(missed) >= 2

    code, output = ngatu("propose", data, *models, "--size", 320)
    assert code == 0, output
    assert f"{len(harvested)} pictures labelled" in output
    asked = {name for name, review in read_reviews(data).items() if review.questions}
    assert missed <= asked, "a track passes where no model detects an object"

    code, output = ngatu("export", data, site / "doubts.xml", "--doubtful", "--images")
    assert code == 0, output
    assert {f.name for f in (site / "images").iterdir()} == asked
    corrected = [
        LabelledPicture(p.name, p.split, p.width_px, p.height_px, boxes((ObjectClass.BUS, (10, 10, 50, 50))))
        for p in FORMATS["cvat"].read(site / "doubts.xml", {})
    ]
    FORMATS["cvat"].write(corrected, site / "doubts.xml")
    code, output = ngatu("import", site / "doubts.xml", "--into", data)
    assert code == 0, output
    assert f"{len(asked)} pictures corrected, 0 added, 0 skipped" in output

    code, output = ngatu("split", data, "--val", 0.4, "--corrected")
    assert code == 0, output
    for one in load(data).pictures:
        assert (one.split == "new") == (one.name not in asked), "only corrected pictures are assigned"
    code, output = ngatu("check", data, "--json")
    assert code == 0, output
    report = json.loads(output)
    assert report["problems"] == []
    assert report["boxes"]["train"]["bus"] + report["boxes"]["val"]["bus"] == len(asked)
    code, output = ngatu("show", data, "--out", site / "sheets")
    assert code == 0, output
    assert (site / "sheets" / "sheet-001.jpg").stat().st_size > 1000


def test_check_prints_counts_and_problems(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (ObjectClass.CAR, (10, 20, 60, 80)))])
    assert ngatu("check", folder)[0] == 0
    (folder / "labels" / "new" / "a_1.txt").write_text("7 0.5 0.5 0.1 0.1\n")
    code, output = ngatu("check", folder)
    assert code == 1
    assert "a_1.txt:1: class 7 is unknown: data.yaml names 6 classes, from 0 on" in output
    assert "the owner of 1 pictures is not stated" in output
    assert "motorcycle" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "{}/nowhere"], "no data set: it has no data.yaml"),
        (["export", "{}/set", "{}/out.xml", "--doubtful"], "nothing to export; harvest and propose first"),
        (["import", "{}/nowhere.xml", "--into", "{}/set"], "nowhere.xml: there is no such file: check the path"),
        (
            ["import", "{}/nowhere.xml", "--into", "{}/set", "--map", "van"],
            "--map van: write the source's class, `=`",
        ),
        (["split", "{}/set"], "all 1 labelled pictures are of one scene"),
        (["propose", "{}/set", "--model", "yolo26n"], "one model agrees with itself"),
        (["harvest", "{}/set", "--cameras", "{}/none"], "none: there is no such folder"),
        (["harvest", "{}/set", "--cameras", "{}/set"], "no camera to harvest from"),
        (["harvest", "{}/set", "--cameras", "{}/set", "--camera", "c9"], "there is no camera c9"),
    ],
)
def test_an_error_is_one_sentence_with_culprit_and_remedy(tmp_path: Path, arguments: list[str], message: str) -> None:
    make_data_set(tmp_path / "set", [labelled("a_1.jpg", (ObjectClass.CAR, (10, 20, 60, 80)))])
    code, output = ngatu(*(one.format(tmp_path) for one in arguments))
    assert code == 1
    assert message in output
    assert "Traceback" not in output
