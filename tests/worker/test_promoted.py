"""A model is promoted while workers run, with a real Redis: no crossing is lost or counted twice."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from tests.kit.spine_kit import (
    LAP_S,
    TOOL,
    Process,
    Spine,
    check_no_event_is_missing,
    make_model,
    outboxes,
    store_model,
)
from tests.kit.worker_kit import until
from vision.detection.models.cards import default_pointer, weights_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class PromotedSpine(Spine):
    """`ngatu work` without `--model`: it runs the default model."""

    def start_work(self, *options: str, tool: Sequence[str] = TOOL) -> Process:
        arguments = ["work", "--cameras", str(self.configs), "--state", str(self.state), "--threads", "1"]
        environment = {"NGATU_REDIS_URL": self.redis.url}
        self.work = Process(self.folder / "work.log", [*arguments, *self.options], environment)
        return self.work

    def until_all_report(self, model: str) -> None:
        for camera_id in self.ids:
            until(lambda c=camera_id: self.health(c).model == model, 20, f"{camera_id} with {model}")


def promote(name: str) -> None:
    """Promote as `ngatu models promote` does, in one step."""
    scratch = default_pointer().with_suffix(".part")
    scratch.write_text(f"{name}\n")
    scratch.replace(default_pointer())


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromotedSpine]:
    """Two workers with a camera each; the models `first`, `second` and `broken` are in a cache of their own."""
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    file = make_model(tmp_path / "squares.onnx")
    for name in ("first", "second", "broken"):
        card = store_model(file, name)
    weights_file(card).write_bytes(b"not a model")
    promote("first")
    made = PromotedSpine(tmp_path / "system", ("c1", "c2"), "--workers", "2")
    try:
        made.start()
        made.wait_for_crossings(2, within_s=60)
        yield made
    finally:
        made.stop()


def check_every_lap_was_counted_once(system: Spine) -> None:
    for camera_id in system.ids:
        crossings = sorted(system.crossings(camera_id), key=lambda e: e.crossed_at)
        assert len({e.session_id for e in crossings}) == 1, "no camera was restarted"
        gaps_s = [(later.crossed_at - earlier.crossed_at).total_seconds() for earlier, later in pairwise(crossings)]
        assert all(0.5 * LAP_S < gap_s < 1.5 * LAP_S for gap_s in gaps_s), (camera_id, gaps_s)


def test_every_worker_switches_to_a_promoted_model_without_losing_a_crossing(system: PromotedSpine) -> None:
    system.until_all_report("first")
    pids = system.worker_pids()
    promote("second")
    system.until_all_report("second")
    system.wait_for_crossings(3)
    promote("first")
    system.until_all_report("first")
    system.wait_for_crossings(2)
    assert system.worker_pids() == pids
    assert len(system.work.lines("model changed")) == 4
    assert system.work.stop() == 0
    assert outboxes(system.state) == []
    check_no_event_is_missing(system.events())
    check_every_lap_was_counted_once(system)


def test_health_names_a_promoted_model_that_cannot_be_loaded_and_counting_goes_on(system: PromotedSpine) -> None:
    for name, why in (("broken", "not a complete ONNX model"), ("nowhere", "no card")):
        promote(name)
        for camera_id in system.ids:
            until(lambda c=camera_id: repr(name) in system.health(c).trouble, 20)  # noqa: B023
            assert why in system.health(camera_id).trouble
            assert system.health(camera_id).model == "first"
        system.wait_for_crossings(2)
    assert len(system.work.lines("promoted model rejected")) == 4, "each worker rejects each once"
    promote("second")
    system.until_all_report("second")
    assert system.health("c1").trouble == ""
    assert system.work.stop() == 0
    check_no_event_is_missing(system.events())
    check_every_lap_was_counted_once(system)
