"""Runs the episodes of a plan over the machine's cores, and adds their scores up."""

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
from vision.bench.simulation.ground_truth.truth import Truth
from vision.bench.simulation.sensor.noise_levels import LEVELS
from vision.bench.simulation.simulate import build_network, simulate
from vision.bench.simulation.system_under_test import watch

Told = Callable[[int, int, str], None]
"""Seconds of traffic that are done, of how many, and what was done last."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the episodes are looked at."""

    levels: tuple[str, ...] = ("measured",)
    is_calibrated: bool = True
    real_tracker: bool = False


@dataclass(slots=True)
class Result:
    """One episode, seen through one level of noise."""

    episode: Episode
    level: str
    score: Score
    troubles: list[dict[str, Any]] = field(default_factory=list)
    """What was missed and what was false, for whoever mends it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where work is done, by how many, and where results are kept."""

    scratch: Path
    processes: int
    keep: Path | None

    def kept(self, episode: Episode, look: Look) -> Path | None:
        """The file of an episode's results: one of its own for each plan and way of looking."""
        told = json.dumps([asdict(episode), asdict(look)], sort_keys=True)
        return self.keep and self.keep / f"{episode.name}-{zlib.crc32(told.encode()):08x}.pickle"


def run(
    episodes: Sequence[Episode], look: Look, python: Path, *, told: Told, processes: int, keep: Path | None = None
) -> list[Result]:
    """All episodes, each simulated once and seen through each level; on Ctrl-C those that are done.

    Where results are kept, those that are there are not made again.
    """
    results: list[Result] = []
    whole_s, done_s = int(sum(e.lasts_s for e in episodes)), 0
    with tempfile.TemporaryDirectory(prefix="ngatu-bench-", ignore_cleanup_errors=True) as scratch:
        for road in {e.road: e.place for e in episodes}.values():
            build_network(road, python, Path(scratch))
        with suppress(KeyboardInterrupt):
            for episode, part in _each(episodes, look, python, Places(Path(scratch), processes, keep)):
                results += part
                done_s += int(episode.lasts_s)
                told(done_s, whole_s, episode.name)
    order = {(e.name, e.seed): n for n, e in enumerate(episodes)}
    return sorted(results, key=lambda r: (order[r.episode.name, r.episode.seed], look.levels.index(r.level)))


def _each(
    episodes: Iterable[Episode], look: Look, python: Path, places: Places
) -> Iterator[tuple[Episode, list[Result]]]:
    left = []
    for episode in episodes:
        kept = places.kept(episode, look)
        if kept and kept.is_file():
            yield episode, pickle.loads(kept.read_bytes())  # noqa: S301  our own
        else:
            left.append(episode)
    # In an order of chance: what is there when somebody stops it is a fair sample.
    left.sort(key=lambda e: e.rng("order").random())
    with ProcessPoolExecutor(places.processes) as pool:
        jobs = {pool.submit(run_one, episode, look, python, places.scratch): episode for episode in left}
        try:
            for job in as_completed(jobs):
                part = job.result()
                _keep(places.kept(jobs[job], look), part)
                yield jobs[job], part
        finally:
            pool.shutdown(cancel_futures=True)


def _keep(file: Path | None, part: list[Result]) -> None:
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(part))


def run_one(episode: Episode, look: Look, python: Path, scratch: Path) -> list[Result]:
    """Simulate one episode, and look at it from each site through each level."""
    recording = simulate(episode, python, scratch)
    results = []
    for site in episode.place.sites:
        truth = Truth(recording, episode.place, site)
        for level in look.levels:
            watched = watch(
                recording,
                episode.place,
                site,
                LEVELS[level],
                is_calibrated=look.is_calibrated,
                real_tracker=look.real_tracker,
                seed=episode.rng(f"noise {site.name}").randrange(2**31),
            )
            scored, matches = score(truth, watched, is_quiet=not episode.happenings)
            results.append(Result(episode, level, scored, list(_troubles(matches))))
    return results


def _troubles(matches: Matches) -> Iterator[dict[str, Any]]:
    for event in matches.missed:
        yield {"what": "missed", "kind": event.kind.value, "at_s": round(event.start_s, 1)}
    for name in ("false", "repeated", "excused"):
        for alarm in getattr(matches, name):
            yield {
                "what": name, "kind": alarm.kind.value, "at_s": round(alarm.at_s, 1), "zone": alarm.zone_id,
                "place_m": alarm.place_m, "reason": alarm.reason,
            }  # fmt: skip


def to_json(results: Sequence[Result], look: Look, seed: int) -> dict[str, Any]:
    """The whole result: that of the level `measured` (or of the only one) first, then by level and by scenario."""
    main = "measured" if "measured" in look.levels else look.levels[0]
    chosen = [r for r in results if r.level == main]
    return {
        **report_json(total(r.score for r in chosen)),
        "level": main,
        "seed": seed,
        "calibrated": look.is_calibrated,
        "tracker": "real" if look.real_tracker else "virtual",
        "by_level": {level: report_json(total(r.score for r in results if r.level == level)) for level in look.levels},
        "by_scenario": {name: report_json(total(parts)) for name, parts in _grouped(chosen).items()},
        "troubles": [{"episode": r.episode.name, **t} for r in chosen for t in r.troubles if t["what"] != "excused"],
    }


def _grouped(results: Iterable[Result]) -> dict[str, list[Score]]:
    """By road and mix, and by demand."""
    groups: dict[str, list[Score]] = {}
    for r in results:
        for name in (f"{r.episode.road}, {r.episode.mix}", str(r.episode.demand)):
            groups.setdefault(name, []).append(r.score)
    return dict(sorted(groups.items()))
