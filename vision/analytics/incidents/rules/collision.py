"""A suspected collision: vehicles that come to stand touching where traffic flows, by several cues at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vision.analytics.dimensions import LENGTHS_M, WIDTHS_M
from vision.analytics.incidents.evidence import ROAD, display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.features.braking import BrakingEstimate
from vision.analytics.incidents.features.collision_pair import CollisionPair
from vision.analytics.incidents.features.standstill import StandstillTracker
from vision.analytics.incidents.features.surroundings import is_slow_zone
from vision.analytics.incidents.lifecycle import Evidence
from vision.analytics.kinematics.state import Bools, Floats, TrackKinematics
from vision.analytics.scene import Scene
from vision.analytics.track_table import Ids
from vision.common.object_class import CLASSES, ObjectClass
from vision.config.incidents import CollisionConfig
from vision.config.zones import ZoneConfig, ZoneKind
from vision.contracts import IncidentKind

BRAKED_MPS2, BOTH_BRAKED_MPS2 = 6.0, 4.5
"""Harder than drivers brake who are not surprised: up to 3.4 m/s2 is comfortable (AASHTO Green Book), of which
trembling boxes make more at times, though seldom of two at once."""
ABRUPT_MPS2 = 10.0
"""Harder than brakes can: dry asphalt holds tyres to 0.7 to 0.9 g. Who stops so was stopped."""
DROVE_MPS, DROVE_S = 3.0, 0.7
"""Each came at such a pace at least, for so long at least: a tracker's leap is shorter."""
COMES_IN_S = 1.5
"""Who comes in at the picture's edge, and stands so soon, drove in, though that was not seen for so long."""
COURSE_MPS, COURSE_S = 4.0, 0.9
"""A course is told of who drove so fast for so long."""
LEAST_CONFIDENCE = 0.3
"""Of either detection."""
LATELY_S = 10.0
"""Both have come to stand within so long."""
TOGETHER_S = 3.0
"""Vehicles that come to stand so near in time, as trembling boxes tell it, were stopped by the same thing."""
ALONE_S = 1.5
"""Who stood alone for longer, until one came that braked gently, was not stopped by that one; nor was who stood alone
for longer than that: how hard he braked tells nothing."""
CROSSED_DEG = 35.0
"""Courses that differ so much do not come to stand beside each other in traffic."""
SWERVED_DEG = 50.0
SLACK_M = 0.8
"""Vehicles so near to each other lengthways touch, as well as the feet of boxes tell; half as near sideways."""
SWITCHED_M = 1.0
"""Whose ids a tracker has switched stand so far behind each other at least."""
FARTHEST_M = 25.0
"""No two vehicles that touch are farther apart."""
HIDDEN_M = 3.5
"""Where one stands in front of the other in the picture, it hides the other's foot, which seems so much farther."""
WEIGHTS = {
    "braking": 0.45,
    "abrupt": 0.45,
    "both": 0.2,
    "together": 0.3,
    "crossing": 0.35,
    "swerving": 0.3,
    "flow": 0.25,
}
"""How much each cue alone speaks for a collision; together 1 - (1 - a) (1 - b) ..., as independent witnesses would."""
WORDS = {
    "braking": "hard braking",
    "abrupt": "a stop harder than brakes make it",
    "together": "both at once",
    "crossing": "courses that crossed",
    "swerving": "a swerve",
    "flow": "others drive past",
}
AROUND_M = 30.0
STANDING_AROUND = 2
"""Where so many others stand beside them or ahead, a jam forms."""
KEPT_S = 5.0
"""A pair that is not seen standing for so long is forgotten."""
LEAP_M = 4.0
"""A half hidden box that is seen so far from where its vehicle stands says nothing of whether it goes on."""
REACH_M = 10.0
FEWEST_CUES = 2
SUPPORTING = {"flow", "both", "swerving"}
"""These make it surer, and do not count among the fewest: the traffic around, and what trembling boxes do too."""


class CollisionRule:
    """Two vehicles that drove stand touching, out of every queue, and at least two cues speak for it.

    `braking`: one braked harder than drivers do (both: more so). `abrupt`: one stopped harder than brakes can, so that
    it hit something, if only one that stood already. `together`: they came to stand at the same moment.
    `crossing`: their courses differed. `swerving`: one changed its course abruptly. `flow`: others drive past; this
    one never stands for another. The confidence combines them. Who goes on before it is told only halted.
    """

    kind = IncidentKind.COLLISION

    def __init__(self, zones: Sequence[ZoneConfig], settings: CollisionConfig, standing: StandstillTracker) -> None:
        self._is_road = np.array([zone.kind in ROAD | {ZoneKind.CROSSWALK} for zone in zones], bool)
        self._least_confidence = settings.least_confidence
        self._confirm_after_s = settings.confirm_after.total_seconds()
        self._standing = standing
        self._crashes: list[CollisionPair] = []

    def __len__(self) -> int:
        return len(self._crashes)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        self._crashes = [crash for crash in self._crashes if scene.at_s - crash.last_seen_s <= KEPT_S]
        for crash in self._crashes:
            crash.update(scene)
        known = {track for crash in self._crashes for track in crash.tracks}
        if len(self._standing.rows) > 1:
            self._crashes += self._found(scene, known)
        self._crashes = [crash for crash in self._crashes if self._is_likely(scene, crash)]
        track_id = scene.tracks.track_id[self._standing.rows].tolist()
        rows = dict(zip(track_id, self._standing.rows.tolist(), strict=True))
        return [
            self._sign(scene, crash, at)
            for crash in self._crashes
            if (at := [rows[t] for t in crash.tracks if t in rows])
        ]

    def _is_likely(self, scene: Scene, crash: CollisionPair) -> bool:
        """Not where they, or one of them, go on before they would be told."""
        motion = scene.tracks
        rows = np.flatnonzero(np.isin(motion.track_id, crash.tracks))
        if scene.at_s - crash.since_s > self._confirm_after_s:
            return True
        if len(rows) < len(crash.tracks) or crash.is_occluded or self._leaps(motion, rows):
            return True
        x_px, y_px = motion.bottom_center_px[rows].mean(axis=0).tolist()
        crash.creep.update(x_px, y_px, scene.at_s)
        px_per_metre_ahead = self._standing.history.px_per_metre_ahead[rows].tolist()
        return not any(crash.creep.is_creeping((x_px, y_px)) for x_px, y_px in px_per_metre_ahead)

    def _leaps(self, motion: TrackKinematics, rows: Ids) -> bool:
        """Whether the box of one that stands is far from where it does just now."""
        positions_m = {
            n: s.position_m for n, s in zip(self._standing.rows.tolist(), self._standing.standstills, strict=True)
        }
        return any(np.hypot(*(motion.ground_m[n] - positions_m.get(n, motion.ground_m[n]))) > LEAP_M for n in rows)

    def _found(self, scene: Scene, known: set[int]) -> list[CollisionPair]:
        """Pairs that came to stand lately and touching, with cues enough."""
        motion, standing = scene.tracks, self._standing
        lately = (
            (scene.at_s - motion.stopped_since_s[standing.rows] <= LATELY_S)
            & ~standing.is_queued
            & (motion.confidence[standing.rows] >= LEAST_CONFIDENCE)
            & scene.inside[standing.rows][:, self._is_road].any(axis=1)
        )
        came = np.flatnonzero(lately)
        crashes = []
        for i, j in self._touching(scene, came):
            pair = int(standing.rows[i]), int(standing.rows[j])
            tracks = int(motion.track_id[pair[0]]), int(motion.track_id[pair[1]])
            if known.issuperset(tracks) or not all(self._drove(motion, n) for n in pair):
                continue
            if not self._is_held(scene, i, j, pair):
                cues = self._cues(scene, i, j, pair)
                confidence = 1 - float(np.prod([1 - WEIGHTS[cue] for cue in cues]))
                own = [cue for cue in cues if cue not in SUPPORTING]
                may_follow = not {"together", "abrupt"} & set(cues) and self._follows(i, j, pair)
                if len(own) >= FEWEST_CUES and not may_follow and confidence >= self._least_confidence:
                    since_s = motion.stopped_since_s[list(pair)].tolist()
                    positions_m = np.array([standing.standstills[k].position_m for k in (i, j)])
                    classes = CLASSES[motion.class_id[pair[0]]], CLASSES[motion.class_id[pair[1]]]
                    there_s = [scene.at_s, scene.at_s]
                    crash = CollisionPair(
                        tracks, classes, cues, confidence, min(since_s), positions_m, since_s, there_s, scene.at_s
                    )
                    crashes.append(crash)
        return crashes

    def _drove(self, motion: TrackKinematics, n: int) -> bool:
        """Whether one was seen driving for long enough or, if it came into sight just before, drove into the picture or
        was seen to stop hard."""
        past, row = self._standing.history, np.array([n])
        if past.driving_time_s(row, DROVE_MPS)[0] >= DROVE_S:
            return True
        since_s, course = float(motion.stopped_since_s[n]), past.courses(row)[0]
        if 0 <= since_s - motion.first_seen_s[n] <= COMES_IN_S and past.began_at_image_edge(n):
            return True
        return past.braking_estimate(n).min_deceleration_mps2(since_s, motion.ground_m[n], course) >= ABRUPT_MPS2

    def _touching(self, scene: Scene, came: Ids) -> list[tuple[int, int]]:
        """Pairs of some standing vehicles that touch on the road, each of usual size and along its course."""
        if len(came) < 2:
            return []
        rows = self._standing.rows[came]
        i, j = np.triu_indices(len(came), k=1)
        positions_m = np.array([self._standing.standstills[n].position_m for n in came.tolist()])
        away_m = positions_m[j] - positions_m[i]
        near = np.abs(away_m).sum(axis=1) <= FARTHEST_M
        i, j, away_m = i[near], j[near], away_m[near]
        courses, classes = self._standing.history.courses(rows), scene.tracks.class_id[rows]
        u, v = _headings(courses[i], courses[j])
        lengths_m, widths_m = LENGTHS_M[classes], WIDTHS_M[classes]
        cosine, sine = np.abs((u * v).sum(axis=1)), np.abs(_cross(u, v))
        along_m = (lengths_m[i] + cosine * lengths_m[j] + sine * widths_m[j]) / 2 + SLACK_M
        along_m += np.where(_overlap(scene.tracks.xyxy[rows[i]], scene.tracks.xyxy[rows[j]]), HIDDEN_M, 0.0)
        aside_m = (widths_m[i] + sine * lengths_m[j] + cosine * widths_m[j]) / 2 + SLACK_M / 2
        touch = (np.abs((away_m * u).sum(axis=1)) <= along_m) & (np.abs(_cross(away_m, u)) <= aside_m)
        return list(zip(came[i[touch]].tolist(), came[j[touch]].tolist(), strict=True))

    def _follows(self, i: int, j: int, pair: tuple[int, int]) -> bool:
        """Whether one stands just behind the other: unless both came to stand at once or one was stopped by the other,
        he only waits there."""
        return bool(self._standing.blocked_by[i, pair[1]] or self._standing.blocked_by[j, pair[0]])

    def _have_courses(self, pair: tuple[int, int]) -> bool:
        """Whether both drove fast and long enough for their courses to be told."""
        return bool((self._standing.history.driving_time_s(np.array(pair), COURSE_MPS) >= COURSE_S).all())

    def _has_leapt(self, n: int, driving: BrakingEstimate) -> bool:
        """Whether, in those last seconds of driving, it leapt from one vehicle to another: a leap is no course."""
        return self._standing.history.has_switched_since(n, float(driving.times_s.min(initial=np.inf)))

    def _is_held(self, scene: Scene, i: int, j: int, pair: tuple[int, int]) -> bool:
        """Whether either stands behind somebody other than its fellow, or both where traffic comes to a stand."""
        motion, n = scene.tracks, pair[0]
        others = is_vehicle(motion.class_id) & ~(motion.is_stopped & ~motion.has_moved)
        others[list(pair)] = False
        if (others & (self._standing.blocked_by[i] | self._standing.blocked_by[j])).any():
            return True
        away_m = motion.ground_m - motion.ground_m[n]
        along_m = away_m @ self._standing.history.heading[n]
        beside = others & (along_m > -2.0) & (np.hypot(away_m[:, 0], away_m[:, 1]) < AROUND_M)
        slow = int((beside & (motion.speed_mps < self._standing.surroundings.slow_mps)).sum())
        jams = any(
            is_slow_zone(scene, z, self._standing.surroundings) for z in np.flatnonzero(scene.inside[n]).tolist()
        )
        return jams or slow >= STANDING_AROUND or 2 * slow > int(beside.sum())

    def _cues(self, scene: Scene, i: int, j: int, pair: tuple[int, int]) -> tuple[str, ...]:
        rows, past = list(pair), self._standing.history
        stills_s = scene.tracks.stopped_since_s[rows].tolist()
        since_s = [past.stopped_since_s(n, s) for n, s in zip(rows, stills_s, strict=True)]
        positions_m = [self._standing.standstills[k].position_m for k in (i, j)]
        driving = [past.braking_estimate(n) for n in rows]
        u, v = _headings(*past.courses(np.array(rows)))
        (first_s, first_mps2), (last_s, last_mps2) = sorted(_stops(driving, since_s, positions_m, np.stack([u, v])))
        alone_s, is_gentle = last_s - first_s, 0 < last_mps2 < BOTH_BRAKED_MPS2
        is_at_once = alone_s <= TOGETHER_S
        stood_alone = not is_at_once or (alone_s > ALONE_S and is_gentle)
        braked = sorted([0.0 if stood_alone else first_mps2, last_mps2])
        cosine, leapt = float(u @ v), any(map(self._has_leapt, rows, driving))
        found = {
            "braking": braked[1] >= BRAKED_MPS2 or braked[0] >= BOTH_BRAKED_MPS2,
            "abrupt": braked[1] >= ABRUPT_MPS2,
            "both": braked[0] >= BOTH_BRAKED_MPS2,
            "together": is_at_once,
            "crossing": cosine < np.cos(np.radians(CROSSED_DEG)) and self._have_courses(pair) and not leapt,
            "swerving": not leapt and any(d.max_heading_change_deg() >= SWERVED_DEG for d in driving),
            "flow": self._standing.standstills[i].is_passed or self._standing.standstills[j].is_passed,
        }
        return tuple(cue for cue, is_found in found.items() if is_found)

    def _sign(self, scene: Scene, crash: CollisionPair, rows: list[int]) -> Evidence:
        """At the first of the pair that is seen; it goes on while one of them stands."""
        crash.last_seen_s = scene.at_s
        n = rows[0]
        z = int(np.flatnonzero(scene.inside[n])[0])
        cues = tuple(cue for cue in crash.cues if cue != "both")
        stands_s = round(scene.at_s - crash.since_s)
        sign = evidence_for(
            scene,
            n,
            scene.zones[z].zone,
            confidence=crash.confidence,
            reason=f"{_both(crash.classes)} came to stand touching in zone '{display_name(scene.zones[z].zone)}' "
            f"{stands_s} s ago: {', '.join(WORDS[cue] for cue in cues)}",
            facts={
                "classes": ",".join(crash.classes),
                "zone": display_name(scene.zones[z].zone),
                "cues": ",".join(cues),
                "stands_s": stands_s,
            },
            radius_m=REACH_M,
            since_s=crash.since_s,
        )
        return replace(sign, track_ids=crash.tracks, classes=tuple(dict.fromkeys(crash.classes)))


def _overlap(one: Floats, other: Floats) -> Bools:
    """(P,): which pairs of boxes, (P, 4) and (P, 4), overlap in the picture."""
    overlap = np.maximum(one[:, :2], other[:, :2]) < np.minimum(one[:, 2:], other[:, 2:])
    return np.asarray(overlap.all(axis=1), bool)


def _headings(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """The courses (..., 2) and (..., 2) of two that touch: who was not seen driving heads as his fellow does."""
    return np.where(np.isnan(one), other, one), np.where(np.isnan(other), one, other)


def _cross(one: Floats, other: Floats) -> Floats:
    """(P,): the cross products of (P, 2) and (P, 2)."""
    product: Floats = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product


def _both(classes: tuple[ObjectClass, ObjectClass]) -> str:
    one, other = classes
    if one is other:
        return f"two {one}{'es' if one.endswith('s') else 's'}"
    return f"{with_article(one)} and {with_article(other)}"


def _stops(
    driving: Sequence[BrakingEstimate], since_s: Sequence[float], positions_m: Sequence[Floats], courses: Floats
) -> list[tuple[float, float]]:
    """When each of two that touch came to stand, and how hard it braked: they stand at (2,) each since then, on courses
    (2, 2).

    Where they touch a tracker takes each for the other at times: who stands behind his fellow, and was seen beyond him
    while that one still came from behind, has got his id since, and his fellow's way led to where he stands now.
    """
    for i, j in ((0, 1), (1, 0)):
        halfway_m, course = (positions_m[i] + positions_m[j]) / 2, courses[j]
        came = driving[j].observed_before(halfway_m, course)
        beyond_s = driving[i].median_time_beyond_s(halfway_m, course, since_s[i])
        is_behind = (positions_m[j] - positions_m[i]) @ course > SWITCHED_M
        if is_behind and beyond_s is not None and len(came.observed_s) and came.observed_s[-1] > beyond_s:
            came_s = float(came.observed_s[-1])
            stood = since_s[i], driving[i].min_deceleration_mps2(since_s[i], positions_m[j], course)
            return [stood, (came_s, came.min_deceleration_mps2(came_s, positions_m[i], course))]
    return [
        (s, d.min_deceleration_mps2(s, position_m, course))
        for d, s, position_m, course in zip(driving, since_s, positions_m, courses, strict=True)
    ]
