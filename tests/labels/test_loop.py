"""The whole labelling loop on two cameras: harvest, proposals, corrections by ground truth, split, evaluation by the
gate, and promotion while workers run."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.kit.spine_kit import TOOL, Process, Spine, check_no_event_is_missing, free_port, outboxes
from tests.kit.worker_kit import until
from tests.labels.labels_truth import Clip, correct
from vision.commands import labels, models
from vision.detection.models.add import add
from vision.detection.models.cards import default_model, default_pointer
from vision.labels.data_set.data_set import load
from vision.labels.data_set.provenance import read_provenance
from vision.labels.review.reviews import ReviewState, read_reviews

pytestmark = [pytest.mark.slow, pytest.mark.shared, pytest.mark.timeout(500)]

CLIPS = {
    "blackfriars": ("2019-06-28_13-02-35.503167_00001.03601", 0.0, 0.62),
    "elephant": ("2019-06-29_13-01-45.674007_00001.03604", 0.4, 0.58),
}
"""By camera: clip, and x of the start and y of its counting line as fractions."""


class City(Spine):
    """Two simulated cameras that loop a clip each, and workers that run the default model."""

    def __init__(self, folder: Path, clips: Path) -> None:
        super().__init__(folder, tuple(CLIPS))
        self.port = free_port()
        self.clips = {camera_id: clips / f"{name}.mp4" for camera_id, (name, _, _) in CLIPS.items()}

    def start(self, *options: str) -> None:
        self.redis.start()
        shown = self.folder / "clips"
        shown.mkdir()
        for camera_id, clip in self.clips.items():
            (shown / f"{camera_id}.mp4").symlink_to(clip)
            self.write(camera_id)
        arguments = ["cameras", "simulate", str(shown), "--port", str(self.port)]
        self.simulators["all"] = Process(self.folder / "simulator.log", arguments)
        until(lambda: self.simulators["all"].said("rtsp://"), 60)
        self.start_work(*options)

    def write(self, camera_id: str, **changes: object) -> None:
        _, left, down = CLIPS[camera_id]
        camera = {
            "id": camera_id,
            "source": {"kind": "rtsp", "url": f"rtsp://127.0.0.1:{self.port}/{camera_id}"},
            "lines": [{"id": "main", "start": [left, down], "end": [1.0, down]}],
        }
        (self.configs / f"{camera_id}.yaml").write_text(json.dumps(camera | changes))

    def start_work(self, *options: str) -> Process:
        arguments = ["work", "--cameras", str(self.configs), "--state", str(self.state), "--workers", "2"]
        environment = {"NGATU_REDIS_URL": self.redis.url, "NGATU_THREADS": "1"}
        self.work = Process(self.folder / "work.log", [*arguments, *options], environment)
        return self.work


@pytest.fixture
def city(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    for name, file in (("present", "yolo26n"), ("second", "yolo11n"), ("own", "traffic26n-clean")):
        add(shared / "models" / f"{file}.onnx", name=name)
    default_pointer().write_text("present\n")
    started = City(tmp_path / "city", shared / "clips")
    with ExitStack() as stack:
        stack.callback(started.simulators.clear)
        stack.callback(started.stop)
        started.start()
        started.wait_for_crossings(1, within_s=120)
        yield started


def ngatu(*arguments: object, code: int = 0) -> str:
    app = typer.Typer()
    labels.register(app)
    models.register(app)
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_model_is_evaluated_on_harvested_labels_and_promoted_while_workers_run(
    city: City, shared: Path, tmp_path: Path
) -> None:
    data, doubts = tmp_path / "set", tmp_path / "doubts.xml"
    harvest = ["--cameras", city.configs, "--minutes", 0.5, "--per-hour", 900, "--threads", 1]
    ngatu("labels", "harvest", data, *harvest, "--owner", "Transport for London", "--licence", "TfL open data")
    harvested = read_provenance(data)
    assert {entry.camera_id for entry in harvested.values()} == set(CLIPS)
    assert all(entry.reasons for entry in harvested.values())

    ngatu("labels", "propose", data, "--model", "present", "--model", "second", "--size", 640, "--threads", 1)
    ngatu("labels", "export", data, doubts, "--doubtful", "--images")
    clips = [Clip(clip, shared / "clips" / f"{clip.stem}.mot.txt") for clip in city.clips.values()]
    corrected = correct(doubts, tmp_path / "images", clips)
    ngatu("labels", "import", doubts, "--into", data)
    assert corrected == sum(review.state is ReviewState.CORRECTED for review in read_reviews(data).values()) > 4
    ngatu("labels", "split", data, "--corrected", "--val", 0.5)
    report = json.loads(ngatu("labels", "check", data, "--json"))
    assert report["problems"] == []
    assert report["scenes"]["train"] >= 1 <= report["scenes"]["val"]
    assert len([p for p in load(data).pictures if p.split == "val"]) >= 2

    evaluation = tmp_path / "evaluation.json"
    passed = _evaluate(data, evaluation) == 0
    reason = [] if passed else ["--force", "--reason", "this tests the loop, not the model"]
    sessions = {e.session_id for e in city.crossings()}
    if reason:
        assert "is not made the default" in ngatu("models", "promote", "own", "--evaluation", evaluation, code=1)
        assert default_model() == "present"
    ngatu("models", "promote", "own", "--evaluation", evaluation, *reason)
    for camera_id in city.ids:
        until(lambda c=camera_id: city.health(c).model == "own", 60, f"{camera_id} with the promoted model")
    city.wait_for_crossings(2, within_s=90)
    assert {e.session_id for e in city.crossings()} == sessions, "no camera restarted"
    assert city.work.stop(signal.SIGTERM) == 0
    assert outboxes(city.state) == []
    check_no_event_is_missing(city.events())
    counts = Counter((e.camera_id, e.track_id, e.line_id, e.direction) for e in city.crossings())
    assert set(counts.values()) == {1}, "no vehicle is counted twice"


def _evaluate(data: Path, evaluation: Path) -> int:
    """Exit code of `evaluate` for `own` against the present default: 1 if it is worse."""
    arguments = ["models", "evaluate", "own", "--data", str(data), "--save", str(evaluation)]
    done = subprocess.run([sys.executable, *TOOL, *arguments], capture_output=True, text=True, check=False, timeout=300)
    assert evaluation.is_file(), done.stderr
    assert done.returncode in (0, 1), done.stderr
    return done.returncode
