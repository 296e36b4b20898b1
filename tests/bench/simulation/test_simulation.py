"""SUMO itself drives what was planned, and the command scores it. The first of these tests installs SUMO."""

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
from vision.bench.simulation.runner import Look, run
from vision.bench.simulation.simulate import build_network, link_of, simulate
from vision.bench.simulation.sumo.environment import sumo_python
from vision.commands.bench import incidents as bench_incidents
from vision.common.errors import NgatuError
from vision.common.progress import quiet
from vision.contracts import IncidentKind as Kind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STOP = next(n for n, h in enumerate(ROADS["motorway"].happenings) if h.kind is Kind.STOPPED_VEHICLE)


@pytest.fixture(scope="module")
def sumo() -> Path:
    """A python that has SUMO."""
    try:
        return sumo_python(quiet)
    except NgatuError as error:
        needs(str(error))
        raise


def ngatu(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    bench_incidents.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["incidents", *words])
    return result.exit_code, result.stdout if result.exit_code == 0 else result.output


def test_the_junctions_lanes_end_where_its_stop_line_is_drawn(sumo: Path, tmp_path: Path) -> None:
    net = build_network(ROADS["junction"], sumo, tmp_path)
    lanes = [line for line in net.read_text().splitlines() if 'lane id="S_in_' in line]
    ends = {float(lane.split('shape="')[1].split('"')[0].split(",")[-1]) for lane in lanes}
    assert ends == {LANE_END_Y}
    assert link_of(net, ROADS["junction"]) > 0


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("mix", ["cars", "motorcycles"])
def test_each_road_has_traffic_that_flows(sumo: Path, tmp_path: Path, road: str, mix: str) -> None:
    recorded = simulate(Episode(road, mix, Demand.FREE, 0, seed=1, lasts_s=40), sumo, tmp_path)
    assert len(recorded) == 160
    assert recorded.vehicles > 3
    assert np.quantile(recorded.speed_mps, 0.9) > 5
    assert np.linalg.norm(recorded.heading, axis=1) == pytest.approx(1)


@pytest.mark.parametrize("mix", ["cars", "motorcycles"])
def test_nobody_jumps_from_lane_to_lane(sumo: Path, tmp_path: Path, mix: str) -> None:
    recorded = simulate(Episode("motorway", mix, Demand.DENSE, 0, seed=1, lasts_s=60), sumo, tmp_path)
    order = np.lexsort((recorded.moment, recorded.vehicle))
    goes_on = np.diff(recorded.vehicle[order]) == 0
    aside_m = np.abs(np.diff(recorded.middle_m[order, 1]))[goes_on]
    assert aside_m.max() / recorded.step_s < 4


def test_a_vehicle_that_is_told_to_stop_stands_where_it_was_told(sumo: Path, tmp_path: Path) -> None:
    episode = Episode("motorway", "cars", Demand.FREE, 0, seed=1, lasts_s=100, happenings=(STOP,))
    (act,) = (act for act in episode.acts() if act["label"])
    recorded = simulate(episode, sumo, tmp_path)
    (done,) = recorded.acts
    assert done.label == Kind.STOPPED_VEHICLE
    assert done.begun_s is not None
    rows = (recorded.vehicle == done.actors[0]) & (recorded.speed_mps < 0.1)
    assert recorded.middle_m[rows, 0].max() == pytest.approx(act["pos"], abs=6)
    assert rows.sum() * recorded.step_s == pytest.approx(act["stands_s"], abs=2)


def test_the_same_episode_is_the_same_to_the_last_row(sumo: Path, tmp_path: Path) -> None:
    episode = Episode("street", "motorcycles", Demand.DENSE, 0, seed=5, lasts_s=20)
    one, other = (simulate(episode, sumo, tmp_path) for _ in range(2))
    assert np.array_equal(one.middle_m, other.middle_m)
    assert np.array_equal(one.vehicle, other.vehicle)


def test_a_broken_script_is_told_by_its_episode_and_last_word(
    sumo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no road today')")
    monkeypatch.setattr(simulation, "SCRIPT", broken)
    with pytest.raises(NgatuError, match="SUMO failed on motorway-cars-free-quiet-0: no road today"):
        simulate(Episode("motorway", "cars", Demand.FREE, 0, seed=1, lasts_s=10), sumo, tmp_path)


def test_the_command_prints_what_it_promises_and_the_same_again(sumo: Path) -> None:
    words = ["--hours", "0.05", "--events", "0", "--json", "--only", "motorway-cars", "--processes", "1"]
    first, again = (ngatu(*words, "--python", str(sumo)) for _ in range(2))
    assert first[0] == 0, first[1]
    told, retold = (json.loads(said) for _, said in (first, again))
    assert {"kinds", "measures", "camera_hours", "by_level", "by_scenario"} <= set(told)
    assert set(told["kinds"]["wrong_way"]) >= {
        "events", "detection_rate", "false_alarms_per_camera_day", "median_ttd_s",
    }  # fmt: skip
    assert set(told["measures"]) >= {"speed_mae_pct", "queue_mae_veh", "flow_error_pct"}
    for part in (told, retold):
        _without_times(part)
    assert told == retold


def _without_times(part: dict[str, object]) -> None:
    """Leave out what depends on the machine."""
    part.pop("analytics_ms_a_frame", None)
    for group in ("by_level", "by_scenario"):
        for inner in part.get(group, {}).values():  # type: ignore[attr-defined]
            inner.pop("analytics_ms_a_frame")


def test_kept_results_are_not_made_again(sumo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    episodes = [Episode("motorway", "cars", Demand.FREE, 0, seed=1, lasts_s=15)]

    def results() -> list[float]:
        told = run(episodes, Look(), sumo, told=lambda _done, _all, _name: None, processes=1, keep=tmp_path / "kept")
        return [r.score.hours for r in told]

    first = results()
    monkeypatch.setattr(simulation, "SCRIPT", tmp_path / "gone.py")
    assert results() == first


def test_a_wrong_option_names_what_there_is() -> None:
    for words, said in (
        (["--level", "loud"], "clean, measured, double"),
        (["--tracker", "magic"], "virtual, real"),
        (["--only", "moon"], "junction-cars-free-quiet-0"),
    ):
        code, output = ngatu(*words)
        assert code != 0
        assert said in " ".join(output.replace("│", " ").split())


def test_a_python_without_sumo_is_named_with_the_remedy() -> None:
    code, output = ngatu("--quick", "--python", sys.executable)
    assert code == 1
    assert "has no libsumo" in output
    assert "leave --python out" in output
