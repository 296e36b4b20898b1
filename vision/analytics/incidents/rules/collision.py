"""Suspected collisions: two vehicles that stop in contact where traffic flows, with several cues at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vision.analytics.dimensions import LENGTHS_M, WIDTHS_M
from vision.analytics.incidents.evidence import ROAD, display_name, evidence_for, is_vehicle, with_article
from vision.analytics.incidents.features.collision_cues import (
    CollisionCueParameters,
    CollisionCues,
    StoppedPair,
    complete_courses,
)
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

CUES = CollisionCueParameters()
SUPPORTING_CUES = {"flow", "both", "swerving"}
"""Cues that raise the confidence without counting among `min_cues`: surrounding traffic, and what jitter does too."""
PHRASES = {
    "braking": "hard braking",
    "abrupt": "a stop harder than brakes allow",
    "together": "both stopped at the same time",
    "crossing": "crossing courses",
    "swerving": "a swerve",
    "flow": "others drive past",
}


@dataclass(frozen=True, slots=True)
class CollisionParameters:
    """When two stopped vehicles drove before, touch, and are not part of a queue or a jam.

    The confidence that the cues must reach is the config key `least_confidence`.
    """

    min_cues: int = 2
    """Cues that must be present, besides supporting ones. More: fewer false alarms, more collisions missed. Source:
    chosen."""
    max_stop_age_s: float = 10.0
    """Both have stopped within this time, seconds. Longer: later contacts count too, more alarms from queues. Source:
    chosen."""
    min_detection_confidence: float = 0.3
    """Detection confidence of either. Higher: fewer alarms from false detections, more collisions missed. Source:
    chosen."""
    min_driving_mps: float = 3.0
    """Each drove at this speed before, m/s ... Higher: fewer alarms from manoeuvres, more collisions at low speed
    missed. Source: chosen."""
    min_driving_s: float = 0.7
    """... for this time, seconds; a jump of the tracker is shorter. Longer: fewer alarms from ID switches, more
    collisions near the picture's edge missed. Source: chosen."""
    entering_s: float = 1.5
    """A vehicle that stops within this time after it entered at the picture's edge drove in, seconds. Longer: more
    collisions at the edge found, more alarms from new tracks there. Source: chosen."""
    contact_slack_m: float = 0.8
    """Vehicles of usual size are in contact up to this gap lengthways, metres, half of it sideways. Larger: more
    collisions found, more alarms from vehicles that stop close. Source: chosen, the noise of boxes' positions."""
    occlusion_slack_m: float = 3.5
    """Additional gap lengthways where their boxes overlap, metres: an occluded vehicle seems that much farther away.
    Larger: as for `contact_slack_m`. Source: chosen."""
    max_contact_m: float = 25.0
    """No two vehicles in contact are farther apart, metres. Larger: more computation, no other effect. Source: chosen,
    the length of two lorries."""
    traffic_radius_m: float = 30.0
    """Traffic within this distance shows whether a jam forms, metres. Larger: more jams found, more collisions near
    queues missed. Source: chosen."""
    traffic_behind_m: float = 2.0
    """Traffic counts up to this distance behind them, metres, along their course. Larger: as for `traffic_radius_m`.
    Source: chosen."""
    jam_size: int = 2
    """Slow vehicles beside or ahead that make a jam. More: more collisions near queues found, more alarms in forming
    jams. Source: chosen."""
    forget_after_s: float = 5.0
    """A pair that is not seen stopped for this long is dropped, seconds. Longer: more occlusions bridged, later ends.
    Source: chosen."""
    max_jump_m: float = 4.0
    """A box this far from where its vehicle stopped does not show that it drives on, metres: it is a jump of a half
    occluded box. Larger: fewer alarms after jumps, more collisions dropped by them. Source: chosen."""
    incident_radius_m: float = 10.0
    """Pairs within this distance are one incident, metres. Larger: fewer incidents, more pairs in each. Source:
    chosen."""


class CollisionRule:
    """Reports pairs of vehicles that drove, stopped in contact outside a queue, and show at least two cues.

    `CollisionCues` says which cues there are; the confidence combines them. A pair that drives on before
    `confirm_after` has only stopped, and is dropped.
    """

    kind = IncidentKind.COLLISION

    def __init__(
        self,
        zones: Sequence[ZoneConfig],
        settings: CollisionConfig,
        standstills: StandstillTracker,
        parameters: CollisionParameters = CollisionParameters(),
        cue_parameters: CollisionCueParameters = CUES,
    ) -> None:
        self._parameters, self._cue_parameters = parameters, cue_parameters
        self._is_road = np.array([zone.kind in ROAD | {ZoneKind.CROSSWALK} for zone in zones], bool)
        self._min_confidence = settings.least_confidence
        self._confirm_after_s = settings.confirm_after.total_seconds()
        self._standstills = standstills
        self._cues = CollisionCues(standstills, cue_parameters)
        self._pairs: list[CollisionPair] = []

    def __len__(self) -> int:
        return len(self._pairs)

    def evaluate(self, scene: Scene) -> Sequence[Evidence]:
        """Evidence for each pair of which at least one vehicle is still stopped."""
        forget_after_s = self._parameters.forget_after_s
        self._pairs = [pair for pair in self._pairs if scene.at_s - pair.last_seen_s <= forget_after_s]
        for pair in self._pairs:
            pair.update(scene)
        known = {track for pair in self._pairs for track in pair.tracks}
        if len(self._standstills.rows) > 1:
            self._pairs += self._find_pairs(scene, known)
        self._pairs = [pair for pair in self._pairs if self._is_likely(scene, pair)]
        track_id = scene.tracks.track_id[self._standstills.rows].tolist()
        rows = dict(zip(track_id, self._standstills.rows.tolist(), strict=True))
        return [
            self._evidence(scene, pair, stopped[0])
            for pair in self._pairs
            if (stopped := [rows[t] for t in pair.tracks if t in rows])
        ]

    def _is_likely(self, scene: Scene, pair: CollisionPair) -> bool:
        """False if one or both drive on before the collision is confirmed."""
        tracks = scene.tracks
        rows = np.flatnonzero(np.isin(tracks.track_id, pair.tracks))
        if scene.at_s - pair.since_s > self._confirm_after_s:
            return True
        if len(rows) < len(pair.tracks) or pair.is_occluded or self._has_jumped(tracks, rows):
            return True
        x_px, y_px = tracks.bottom_center_px[rows].mean(axis=0).tolist()
        pair.creep.update(x_px, y_px, scene.at_s)
        px_per_metre_ahead = self._standstills.history.px_per_metre_ahead[rows].tolist()
        return not any(pair.creep.is_creeping((x_px, y_px)) for x_px, y_px in px_per_metre_ahead)

    def _has_jumped(self, tracks: TrackKinematics, rows: Ids) -> bool:
        """Whether the box of a stopped vehicle is far from where it stopped."""
        tracker, max_m = self._standstills, self._parameters.max_jump_m
        positions_m = {n: s.position_m for n, s in zip(tracker.rows.tolist(), tracker.standstills, strict=True)}
        return any(np.hypot(*(tracks.ground_m[n] - positions_m.get(n, tracks.ground_m[n]))) > max_m for n in rows)

    def _find_pairs(self, scene: Scene, known: set[int]) -> list[CollisionPair]:
        """Pairs that stopped in contact lately, with enough cues; not those of which both tracks are known."""
        tracks = scene.tracks
        found = []
        for pair in self._pairs_in_contact(scene, self._lately_stopped(scene)):
            first, second = pair.rows
            if known.issuperset((int(tracks.track_id[first]), int(tracks.track_id[second]))):
                continue
            if all(self._drove(tracks, n) for n in pair.rows) and not self._is_explained_by_traffic(scene, pair):
                collision = self._judge(scene, pair)
                if collision is not None:
                    found.append(collision)
        return found

    def _lately_stopped(self, scene: Scene) -> Ids:
        """Indices of the standstills that may belong to a collision."""
        p, tracks, rows = self._parameters, scene.tracks, self._standstills.rows
        return np.flatnonzero(
            (scene.at_s - tracks.stopped_since_s[rows] <= p.max_stop_age_s)
            & ~self._standstills.is_queued
            & (tracks.confidence[rows] >= p.min_detection_confidence)
            & scene.inside[rows][:, self._is_road].any(axis=1)
        )

    def _judge(self, scene: Scene, pair: StoppedPair) -> CollisionPair | None:
        """The collision, if the cues are enough."""
        cues = self._cues.find(scene, pair)
        confidence = self._cue_parameters.confidence(cues)
        counted = [cue for cue in cues if cue not in SUPPORTING_CUES]
        may_wait_behind = not {"together", "abrupt"} & set(cues) and self._follows(pair)
        if len(counted) < self._parameters.min_cues or may_wait_behind or confidence < self._min_confidence:
            return None
        tracks, (first, second) = scene.tracks, pair.rows
        stopped_since_s = tracks.stopped_since_s[list(pair.rows)].tolist()
        return CollisionPair(
            tracks=(int(tracks.track_id[first]), int(tracks.track_id[second])),
            classes=(CLASSES[tracks.class_id[first]], CLASSES[tracks.class_id[second]]),
            cues=cues,
            confidence=confidence,
            since_s=min(stopped_since_s),
            positions_m=np.array([self._standstills.standstills[k].position_m for k in pair.indices]),
            stopped_since_s=stopped_since_s,
            seen_there_s=[scene.at_s, scene.at_s],
            last_seen_s=scene.at_s,
            surroundings=self._standstills.surroundings,
        )

    def _drove(self, tracks: TrackKinematics, n: int) -> bool:
        """Whether it drove for long enough, entered at the picture's edge just before, or stopped abruptly."""
        p, history, row = self._parameters, self._standstills.history, np.array([n])
        if history.driving_time_s(row, p.min_driving_mps)[0] >= p.min_driving_s:
            return True
        since_s, course = float(tracks.stopped_since_s[n]), history.courses(row)[0]
        if 0 <= since_s - tracks.first_seen_s[n] <= p.entering_s and history.began_at_image_edge(n):
            return True
        deceleration_mps2 = history.braking_estimate(n).min_deceleration_mps2(since_s, tracks.ground_m[n], course)
        return deceleration_mps2 >= self._cue_parameters.abrupt_mps2

    def _pairs_in_contact(self, scene: Scene, indices: Ids) -> list[StoppedPair]:
        """Pairs among these standstills that touch on the road, each vehicle of usual size and along its course."""
        if len(indices) < 2:
            return []
        p, rows = self._parameters, self._standstills.rows[indices]
        i, j = np.triu_indices(len(indices), k=1)
        positions_m = np.array([self._standstills.standstills[n].position_m for n in indices.tolist()])
        away_m = positions_m[j] - positions_m[i]
        near = np.abs(away_m).sum(axis=1) <= p.max_contact_m
        i, j, away_m = i[near], j[near], away_m[near]
        courses, classes = self._standstills.history.courses(rows), scene.tracks.class_id[rows]
        u, v = complete_courses(courses[i], courses[j])
        lengths_m, widths_m = LENGTHS_M[classes], WIDTHS_M[classes]
        cosine, sine = np.abs((u * v).sum(axis=1)), np.abs(_cross(u, v))
        along_m = (lengths_m[i] + cosine * lengths_m[j] + sine * widths_m[j]) / 2 + p.contact_slack_m
        overlaps = _overlap(scene.tracks.xyxy[rows[i]], scene.tracks.xyxy[rows[j]])
        along_m += np.where(overlaps, p.occlusion_slack_m, 0.0)
        lateral_m = (widths_m[i] + sine * lengths_m[j] + cosine * widths_m[j]) / 2 + p.contact_slack_m / 2
        touch = (np.abs((away_m * u).sum(axis=1)) <= along_m) & (np.abs(_cross(away_m, u)) <= lateral_m)
        return [self._pair(a, b) for a, b in zip(indices[i[touch]].tolist(), indices[j[touch]].tolist(), strict=True)]

    def _pair(self, i: int, j: int) -> StoppedPair:
        return StoppedPair((i, j), (int(self._standstills.rows[i]), int(self._standstills.rows[j])))

    def _follows(self, pair: StoppedPair) -> bool:
        """Whether one is stopped just behind the other: it only waits there, unless it stopped abruptly or with it."""
        (i, j), (first, second) = pair
        return bool(self._standstills.blocked_by[i, second] or self._standstills.blocked_by[j, first])

    def _is_explained_by_traffic(self, scene: Scene, pair: StoppedPair) -> bool:
        """Whether a third vehicle blocks either of them, or traffic around them stops."""
        p, tracks, (i, j), n = self._parameters, scene.tracks, pair.indices, pair.rows[0]
        others = is_vehicle(tracks.class_id) & ~(tracks.is_stopped & ~tracks.has_moved)
        others[list(pair.rows)] = False
        if (others & (self._standstills.blocked_by[i] | self._standstills.blocked_by[j])).any():
            return True
        surroundings = self._standstills.surroundings
        away_m = tracks.ground_m - tracks.ground_m[n]
        along_m = away_m @ self._standstills.history.heading[n]
        beside = others & (along_m > -p.traffic_behind_m) & (np.hypot(away_m[:, 0], away_m[:, 1]) < p.traffic_radius_m)
        slow = int((beside & (tracks.speed_mps < surroundings.slow_mps)).sum())
        is_jam = any(is_slow_zone(scene, z, surroundings) for z in np.flatnonzero(scene.inside[n]).tolist())
        return is_jam or slow >= p.jam_size or 2 * slow > int(beside.sum())

    def _evidence(self, scene: Scene, pair: CollisionPair, n: int) -> Evidence:
        """Evidence at the vehicle in row `n`, the first of the pair that is still stopped."""
        pair.last_seen_s = scene.at_s
        zone = scene.zones[int(np.flatnonzero(scene.inside[n])[0])].zone
        cues = tuple(cue for cue in pair.cues if cue != "both")
        stopped_s = round(scene.at_s - pair.since_s)
        evidence = evidence_for(
            scene,
            n,
            zone,
            confidence=pair.confidence,
            reason=f"{_both(pair.classes)} stopped in contact in zone '{display_name(zone)}' {stopped_s} s ago: "
            f"{', '.join(PHRASES[cue] for cue in cues)}",
            facts={
                "classes": ",".join(pair.classes),
                "zone": display_name(zone),
                "cues": ",".join(cues),
                "stands_s": stopped_s,
            },
            radius_m=self._parameters.incident_radius_m,
            since_s=pair.since_s,
        )
        return replace(evidence, track_ids=pair.tracks, classes=tuple(dict.fromkeys(pair.classes)))


def _overlap(one: Floats, other: Floats) -> Bools:
    """(P,): which pairs of boxes, (P, 4) and (P, 4), overlap in the picture."""
    overlap = np.maximum(one[:, :2], other[:, :2]) < np.minimum(one[:, 2:], other[:, 2:])
    return np.asarray(overlap.all(axis=1), bool)


def _cross(one: Floats, other: Floats) -> Floats:
    """(P,): the cross products of (P, 2) and (P, 2)."""
    product: Floats = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product


def _both(classes: tuple[ObjectClass, ObjectClass]) -> str:
    one, other = classes
    if one is other:
        return f"two {one}{'es' if one.endswith('s') else 's'}"
    return f"{with_article(one)} and {with_article(other)}"
