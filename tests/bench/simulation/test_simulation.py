"""Real SUMO runs and the command `ngatu bench incidents`. The first of these tests installs SUMO."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.kit.shared_data import needs
from vision.bench.simulation import simulate as simulation
from vision.bench.simulation.episodes import Episode
from vision.bench.simulation.roads import ROADS, Demand
from vision.bench.simulation.roads.junction import LANE_END_Y
from vision.bench.simulation.runner import ViewSettings, run
from vision.bench.simulation.simulate import build_network, link_of, simulate
from vision.bench.simulation.sumo.environment import sumo_python
from vision.commands.bench import incidents as bench_incidents
from vision.common.errors import NgatuError
from vision.common.progress import quiet
from vision.contracts import IncidentKind as Kind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STOP = next(n for n, h in enumerate(ROADS["motorway"].incidents) if h.kind is Kind.STOPPED_VEHICLE)


@pytest.fixture(scope="module")
def sumo() -> Path:
    """A python that has SUMO."""
    try:
        return sumo_python(quiet)
    except NgatuError as error:
        needs(str(error))
        raise


def ngatu(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    bench_incidents.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["incidents", *arguments])
    return result.exit_code, result.stdout if result.exit_code == 0 else result.output


def test_the_junctions_lanes_end_at_its_stop_line(sumo: Path, tmp_path: Path) -> None:
    net = build_network(ROADS["junction"], sumo, tmp_path)
    lanes = [line for line in net.read_text().splitlines() if 'lane id="S_in_' in line]
    ends = {float(lane.split('shape="')[1].split('"')[0].split(",")[-1]) for lane in lanes}
    assert ends == {LANE_END_Y}
    assert link_of(net, ROADS["junction"]) > 0


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("mix", ["cars", "motorcycles"])
def test_traffic_flows_on_each_road(sumo: Path, tmp_path: Path, road: str, mix: str) -> None:
    recorded = simulate(Episode(road, mix, Demand.FREE, 0, seed=1, duration_s=40), sumo, tmp_path)
    assert len(recorded) == 160
    assert recorded.vehicles > 3
    assert np.quantile(recorded.speed_mps, 0.9) > 5
    assert np.linalg.norm(recorded.heading, axis=1) == pytest.approx(1)


@pytest.mark.parametrize("mix", ["cars", "motorcycles"])
def test_vehicles_change_lanes_gradually(sumo: Path, tmp_path: Path, mix: str) -> None:
    recorded = simulate(Episode("motorway", mix, Demand.DENSE, 0, seed=1, duration_s=60), sumo, tmp_path)
    order = np.lexsort((recorded.frame, recorded.vehicle))
    goes_on = np.diff(recorded.vehicle[order]) == 0
    aside_m = np.abs(np.diff(recorded.center_m[order, 1]))[goes_on]
    assert aside_m.max() / recorded.step_s < 4


def test_a_scripted_stop_takes_place_where_and_as_long_as_planned(sumo: Path, tmp_path: Path) -> None:
    episode = Episode("motorway", "cars", Demand.FREE, 0, seed=1, duration_s=100, incidents=(STOP,))
    (act,) = (act for act in episode.acts() if act["label"])
    recorded = simulate(episode, sumo, tmp_path)
    (done,) = recorded.acts
    assert done.label == Kind.STOPPED_VEHICLE
    assert done.started_s is not None
    rows = (recorded.vehicle == done.actors[0]) & (recorded.speed_mps < 0.1)
    assert recorded.center_m[rows, 0].max() == pytest.approx(act["pos"], abs=6)
    assert rows.sum() * recorded.step_s == pytest.approx(act["stopped_s"], abs=2)


def test_simulating_an_episode_twice_gives_the_same_recording(sumo: Path, tmp_path: Path) -> None:
    episode = Episode("street", "motorcycles", Demand.DENSE, 0, seed=5, duration_s=20)
    one, other = (simulate(episode, sumo, tmp_path) for _ in range(2))
    assert np.array_equal(one.center_m, other.center_m)
    assert np.array_equal(one.vehicle, other.vehicle)


def test_a_failing_simulation_names_its_episode_and_the_reason(
    sumo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no road today')")
    monkeypatch.setattr(simulation, "SCRIPT", broken)
    with pytest.raises(NgatuError, match="SUMO failed on motorway-cars-free-quiet-0: no road today"):
        simulate(Episode("motorway", "cars", Demand.FREE, 0, seed=1, duration_s=10), sumo, tmp_path)


def test_the_command_prints_the_same_scores_for_the_same_seed(sumo: Path) -> None:
    words = ["--hours", "0.05", "--events", "0", "--json", "--only", "motorway-cars", "--processes", "1"]
    first, again = (ngatu(*words, "--python", str(sumo)) for _ in range(2))
    assert first[0] == 0, first[1]
    scores, repeated = (json.loads(output) for _, output in (first, again))
    assert {"kinds", "measures", "camera_hours", "by_level", "by_scenario"} <= set(scores)
    assert set(scores["kinds"]["wrong_way"]) >= {
        "events", "detection_rate", "false_alarms_per_camera_day", "median_ttd_s",
    }  # fmt: skip
    assert set(scores["measures"]) >= {"speed_mae_pct", "queue_mae_veh", "flow_error_pct"}
    for part in (scores, repeated):
        _without_times(part)
    assert scores == repeated


def _without_times(part: dict[str, object]) -> None:
    """Remove what depends on the machine."""
    part.pop("analytics_ms_a_frame", None)
    for group in ("by_level", "by_scenario"):
        for inner in part.get(group, {}).values():  # type: ignore[attr-defined]
            inner.pop("analytics_ms_a_frame")


def test_kept_results_are_not_computed_again(sumo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    episodes = [Episode("motorway", "cars", Demand.FREE, 0, seed=1, duration_s=15)]

    def results() -> list[float]:
        done = run(
            episodes, ViewSettings(), sumo, on_done=lambda _done, _total: None, processes=1, keep=tmp_path / "kept"
        )
        return [r.score.hours for r in done]

    first = results()
    monkeypatch.setattr(simulation, "SCRIPT", tmp_path / "gone.py")
    assert results() == first


def test_an_unknown_option_value_is_refused_with_the_known_ones() -> None:
    for words, expected in (
        (["--level", "loud"], "clean, measured, double"),
        (["--tracker", "magic"], "virtual, real"),
        (["--only", "moon"], "junction-cars-free-quiet-0"),
    ):
        code, output = ngatu(*words)
        assert code != 0
        assert expected in " ".join(output.replace("│", " ").split())


def test_a_python_without_sumo_is_named_with_the_remedy() -> None:
    code, output = ngatu("--quick", "--python", sys.executable)
    assert code == 1
    assert "has no libsumo" in output
    assert "leave --python out" in output


def test_without_the_simulation_the_command_says_that_it_needs_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_incidents, "find_spec", lambda _name: None)
    code, output = ngatu("--quick")
    assert code == 1
    assert "runs from a checkout" in output
