"""Runs episodes on all processor cores, scores them, and reports the sums as one document."""

import json
import pickle
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vision.bench.simulation.episodes import Episode
from vision.bench.simulation.evaluation.matching import Matches
from vision.bench.simulation.evaluation.scoring import Score, report_json, score, total
from vision.bench.simulation.ground_truth.truth import GroundTruth
from vision.bench.simulation.sensor.noise_levels import LEVELS
from vision.bench.simulation.simulate import build_network, simulate
from vision.bench.simulation.system_under_test import run_system

OnDone = Callable[[int, int], None]
"""Called with the simulated seconds that are done, and their total."""


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """How the episodes are observed."""

    levels: tuple[str, ...] = ("measured",)
    """Noise levels; each episode is simulated once and observed with each level."""
    is_calibrated: bool = True
    real_tracker: bool = False
    """ngatu's tracker on noisy detections, or else the virtual tracker."""


@dataclass(slots=True)
class Result:
    """The score of one episode at one site with one noise level."""

    episode: Episode
    level: str
    score: Score
    mistakes: list[dict[str, Any]] = field(default_factory=list)
    """Missed incidents, and repeated, excused and false alarms, for debugging."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the work is done, by how many processes, and where results are kept."""

    scratch: Path
    processes: int
    keep: Path | None

    def result_file(self, episode: Episode, view: ViewSettings) -> Path | None:
        """The file of an episode's results, named by the episode and a checksum of all settings."""
        settings = json.dumps([asdict(episode), asdict(view)], sort_keys=True)
        return self.keep and self.keep / f"{episode.name}-{zlib.crc32(settings.encode()):08x}.pickle"


def run(
    episodes: Sequence[Episode],
    view: ViewSettings,
    python: Path,
    *,
    on_done: OnDone,
    processes: int,
    keep: Path | None = None,
) -> list[Result]:
    """Simulate, observe and score all episodes; after Ctrl-C, return the results so far.

    `keep`: a folder for results; those that are already there are loaded instead of computed.
    """
    results: list[Result] = []
    total_s, done_s = int(sum(e.duration_s for e in episodes)), 0
    with tempfile.TemporaryDirectory(prefix="ngatu-bench-", ignore_cleanup_errors=True) as scratch:
        for road in {e.road: e.place for e in episodes}.values():
            build_network(road, python, Path(scratch))
        with suppress(KeyboardInterrupt):
            for episode, part in _run_each(episodes, view, python, Workspace(Path(scratch), processes, keep)):
                results += part
                done_s += int(episode.duration_s)
                on_done(done_s, total_s)
    order = {(e.name, e.seed): n for n, e in enumerate(episodes)}
    return sorted(results, key=lambda r: (order[r.episode.name, r.episode.seed], view.levels.index(r.level)))


def _run_each(
    episodes: Iterable[Episode], view: ViewSettings, python: Path, workspace: Workspace
) -> Iterator[tuple[Episode, list[Result]]]:
    left = []
    for episode in episodes:
        file = workspace.result_file(episode, view)
        if file and file.is_file():
            yield episode, pickle.loads(file.read_bytes())  # noqa: S301  our own
        else:
            left.append(episode)
    # In random order: the results after an interruption are a fair sample.
    left.sort(key=lambda e: e.rng("order").random())
    with ProcessPoolExecutor(workspace.processes) as pool:
        jobs = {pool.submit(run_one, episode, view, python, workspace.scratch): episode for episode in left}
        try:
            for job in as_completed(jobs):
                part = job.result()
                _keep(workspace.result_file(jobs[job], view), part)
                yield jobs[job], part
        finally:
            pool.shutdown(cancel_futures=True)


def _keep(file: Path | None, part: list[Result]) -> None:
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(part))


def run_one(episode: Episode, view: ViewSettings, python: Path, scratch: Path) -> list[Result]:
    """Simulate one episode, and score it at each site with each noise level."""
    recording = simulate(episode, python, scratch)
    results = []
    for site in episode.place.sites:
        truth = GroundTruth(recording, episode.place, site)
        for level in view.levels:
            output = run_system(
                recording,
                episode.place,
                site,
                LEVELS[level],
                is_calibrated=view.is_calibrated,
                real_tracker=view.real_tracker,
                seed=episode.rng(f"noise {site.name}").randrange(2**31),
            )
            scored, matches = score(truth, output, is_quiet=not episode.incidents)
            results.append(Result(episode, level, scored, list(_mistakes(matches))))
    return results


def _mistakes(matches: Matches) -> Iterator[dict[str, Any]]:
    for incident in matches.missed:
        yield {"what": "missed", "kind": incident.kind.value, "at_s": round(incident.start_s, 1)}
    for what in ("false", "repeated", "excused"):
        for alarm in getattr(matches, what):
            yield {
                "what": what, "kind": alarm.kind.value, "at_s": round(alarm.at_s, 1), "zone": alarm.zone_id,
                "place_m": alarm.place_m, "reason": alarm.reason,
            }  # fmt: skip


def to_json(results: Sequence[Result], view: ViewSettings, seed: int) -> dict[str, Any]:
    """All results as one document: the level `measured` (or the only one) first, then by level and by scenario."""
    main = "measured" if "measured" in view.levels else view.levels[0]
    chosen = [r for r in results if r.level == main]
    return {
        **report_json(total(r.score for r in chosen)),
        "level": main,
        "seed": seed,
        "calibrated": view.is_calibrated,
        "tracker": "real" if view.real_tracker else "virtual",
        "by_level": {level: report_json(total(r.score for r in results if r.level == level)) for level in view.levels},
        "by_scenario": {name: report_json(total(parts)) for name, parts in _by_scenario(chosen).items()},
        "troubles": [{"episode": r.episode.name, **m} for r in chosen for m in r.mistakes if m["what"] != "excused"],
    }


def _by_scenario(results: Iterable[Result]) -> dict[str, list[Score]]:
    """Scores by road and vehicle mix, and by demand."""
    groups: dict[str, list[Score]] = {}
    for r in results:
        for name in (f"{r.episode.road}, {r.episode.mix}", str(r.episode.demand)):
            groups.setdefault(name, []).append(r.score)
    return dict(sorted(groups.items()))
