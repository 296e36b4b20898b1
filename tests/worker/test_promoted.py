"""A model is promoted under running workers, with real cameras and the real Redis: no crossing is lost or doubled."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kit.spine_kit import LAP_S, Process, Spine, check_that_nothing_is_missing, make_model, outboxes
from tests.kit.worker_kit import until
from vision.detection.adding import add
from vision.detection.cards import default_pointer, weights_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class PromotedSpine(Spine):
    """`ngatu work` without a model named: it runs the default."""

    def start_work(self, *options: str) -> Process:
        arguments = ["work", "--cameras", str(self.configs), "--state", str(self.state), "--threads", "1"]
        environment = {"NGATU_REDIS_URL": self.redis.url}
        self.work = Process(self.folder / "work.log", [*arguments, *options], environment)
        return self.work

    def until_all_tell(self, model: str) -> None:
        for camera_id in self.ids:
            until(lambda c=camera_id: self.health(c).model == model, 20, f"{camera_id} with {model}")


def promote(name: str) -> None:
    """As `ngatu models promote` does, whole or not at all."""
    scratch = default_pointer().with_suffix(".part")
    scratch.write_text(f"{name}\n")
    scratch.replace(default_pointer())


@pytest.fixture
def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromotedSpine]:
    """Two workers with a camera each; the models `first`, `second` and `broken` are in a cache of their own."""
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    file = make_model(tmp_path / "squares.onnx")
    for name in ("first", "second", "broken"):
        card, _ = add(file, name=name)
    weights_file(card).write_bytes(b"not a model")
    promote("first")
    made = PromotedSpine(tmp_path / "road", ("c1", "c2"))
    try:
        made.start("--workers", "2")
        made.wait_for_crossings(2, within_s=60)
        yield made
    finally:
        made.stop()


def check_every_lap_was_counted_once(road: Spine) -> None:
    for camera_id in road.ids:
        crossings = sorted(road.crossings(camera_id), key=lambda e: e.crossed_at)
        assert len({e.session_id for e in crossings}) == 1, "no camera began anew"
        gaps_s = [(later.crossed_at - earlier.crossed_at).total_seconds() for earlier, later in pairwise(crossings)]
        assert all(0.5 * LAP_S < gap_s < 1.5 * LAP_S for gap_s in gaps_s), (camera_id, gaps_s)


def test_every_worker_takes_a_promoted_model_up_without_losing_a_crossing(road: PromotedSpine) -> None:
    road.until_all_tell("first")
    pids = road.worker_pids()
    promote("second")
    road.until_all_tell("second")
    road.wait_for_crossings(3)
    promote("first")
    road.until_all_tell("first")
    road.wait_for_crossings(2)
    assert road.worker_pids() == pids
    assert len(road.work.lines("model changed")) == 4
    assert road.work.stop() == 0
    assert outboxes(road.state) == []
    check_that_nothing_is_missing(road.events())
    check_every_lap_was_counted_once(road)


def test_a_promoted_model_that_cannot_be_loaded_is_named_in_health_and_the_work_goes_on(road: PromotedSpine) -> None:
    for name, why in (("broken", "not a whole ONNX model"), ("nowhere", "no card")):
        promote(name)
        for camera_id in road.ids:
            until(lambda c=camera_id: repr(name) in road.health(c).trouble, 20)  # noqa: B023
            assert why in road.health(camera_id).trouble
            assert road.health(camera_id).model == "first"
        road.wait_for_crossings(2)
    assert len(road.work.lines("promoted model refused")) == 4, "each worker refuses each once"
    promote("second")
    road.until_all_tell("second")
    assert road.health("c1").trouble == ""
    assert road.work.stop() == 0
    check_that_nothing_is_missing(road.events())
    check_every_lap_was_counted_once(road)
