"""Likely mistakes in valid camera files are named, and what is right is not."""

from typing import Any

import pytest

from vision.config.camera import CameraConfig
from vision.config.lint import Finding, lint

LINE = {"id": "north", "start": [0.1, 0.5], "end": [0.9, 0.5]}
ZONE = {"id": "approach", "polygon": [[0.2, 0.3], [0.8, 0.3], [0.9, 0.9], [0.1, 0.9]]}
CALIBRATION = {
    "kind": "points",
    "points": [
        {"picture": [0.2, 0.3], "ground_m": [0, 30]},
        {"picture": [0.8, 0.3], "ground_m": [10, 30]},
        {"picture": [0.9, 0.9], "ground_m": [10, 0]},
        {"picture": [0.1, 0.9], "ground_m": [0, 0]},
    ],
}


def findings(url: str = "rtsp://192.0.2.1/x", environ: dict[str, str] | None = None, **changes: Any) -> list[Finding]:
    fields = {"id": "c", "source": {"kind": "rtsp", "url": url}, **changes}
    return lint(CameraConfig.model_validate(fields), environ or {})


def keys(**changes: Any) -> list[str]:
    return [".".join(map(str, finding.key)) for finding in findings(**changes)]


def test_a_usual_camera_is_without_findings() -> None:
    environ = {"USER": "admin", "PASSWORD": "x"}
    zones = [{**ZONE, "stop_line": "north", "direction": {"start": [0.5, 0.3], "end": [0.5, 0.9]}}]
    assert not findings("rtsp://${USER}:${PASSWORD}@192.0.2.1/x?channel=1", environ, lines=[LINE], zones=zones)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:Secret@192.0.2.1/x",
        "rtsp://admin:${PASSWORD:-Secret}@192.0.2.1/x",
        "rtsp://${USER}:Secret${PASSWORD:-}@192.0.2.1/x",
        "rtsp://192.0.2.1/x?channel=1&token=Secret",
        "rtsp://192.0.2.10:554/user=admin_password=Secret_channel=1_stream=0.sdp",
    ],
)
def test_a_secret_that_stands_in_the_file_is_named_with_the_remedy(url: str) -> None:
    (finding,) = findings(url, {"USER": "admin", "PASSWORD": "x"})
    assert finding.key == ("source", "url")
    assert "${NAME}" in finding.remedy
    assert "Secret" not in str(finding)


@pytest.mark.parametrize(
    "url", ["rtsp://admin@192.0.2.1/x", "rtsp://a:${P}@192.0.2.1/x", "rtsp://h/user=admin_password=${P}_channel=1"]
)
def test_a_user_name_or_a_variable_is_no_secret(url: str) -> None:
    assert not findings(url, {"P": "x"})


def test_each_variable_that_is_not_set_is_named_once_with_where_to_set_it() -> None:
    found = findings("rtsp://${A}:${B}@${A}:${PORT:-554}/x", {"B": ""})
    (finding,) = found
    assert finding.message == "the environment variable A is not set here"
    assert "export A=" in finding.remedy


@pytest.mark.parametrize(
    ("other", "is_twin"),
    [
        ({"start": [0.1, 0.51], "end": [0.9, 0.51]}, True),
        ({"start": [0.9, 0.5], "end": [0.1, 0.51]}, True),
        ({"start": [0.3, 0.5], "end": [0.5, 0.51]}, True),
        ({"start": [0.1, 0.56], "end": [0.9, 0.56]}, False),
        ({"start": [0.5, 0.1], "end": [0.5, 0.9]}, False),
        ({"start": [0.9, 0.5], "end": [0.99, 0.5]}, False),
        ({"start": [0.1, 0.5], "end": [0.9, 0.5], "classes": ["person"]}, False),
    ],
    ids=["beside", "opposite", "part", "apart", "across", "end to end", "other classes"],
)
def test_two_lines_at_one_place_that_count_the_same_vehicles_are_twins(other: dict[str, Any], is_twin: bool) -> None:
    found = findings(lines=[LINE, {"id": "second", **other}])
    assert [finding.key for finding in found] == [("lines", 1)] * is_twin
    if is_twin:
        assert "'second' lies on line 'north'" in found[0].message


@pytest.mark.parametrize(
    ("start", "end", "edge"),
    [
        ([0.0, 0.1], [0.0, 0.9], "left"),
        ([0.99, 0.1], [1.0, 0.9], "right"),
        ([0.1, 0.01], [0.9, 0.0], "upper"),
        ([0.1, 1.0], [0.9, 1.0], "lower"),
        ([0.0, 0.0], [1.0, 1.0], None),
        ([0.0, 0.5], [1.0, 0.5], None),
    ],
)
def test_a_line_along_the_very_edge_is_named(start: list[float], end: list[float], edge: str | None) -> None:
    found = findings(lines=[{"id": "l", "start": start, "end": end}])
    assert [f"the {edge} edge" in finding.message for finding in found] == [True] * bool(edge)


def test_a_sliver_of_a_zone_is_named() -> None:
    sliver = {"id": "thin", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.505], [0.1, 0.505]]}
    (finding,) = findings(zones=[ZONE, sliver])
    assert finding.key == ("zones", 1, "polygon")
    assert "0.5 % of the picture wide" in finding.message


def test_a_speed_limit_without_a_calibration_is_inert() -> None:
    limited = [{**ZONE, "speed_limit_kmh": 50}]
    assert keys(zones=limited) == ["zones.0.speed_limit_kmh"]
    assert not keys(zones=limited, calibration=CALIBRATION)
    off = {"speeding": {"enabled": False}}
    (finding,) = findings(zones=limited, calibration=CALIBRATION, incidents=off)
    assert "`incidents.speeding` is off" in finding.message


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("direction", {"start": [0.5, 0.3], "end": [0.5, 0.9]}, "wrong_way"),
        ("stopping_banned", True, "illegal_stopping"),
        ("signal", "lights", "red_light"),
        ("spillback_line", "north", "queue_spillback"),
    ],
)
def test_a_key_whose_incident_is_off_is_inert(key: str, value: object, kind: str) -> None:
    camera = {
        "lines": [LINE],
        "zones": [{**ZONE, "stop_line": "north", key: value}],
        "signals": [{"id": "lights", "state": {"kind": "timed", "green": 30, "red": 40}}],
    }
    assert not keys(**camera)
    assert keys(**camera, incidents={kind: {"enabled": False}}) == [f"zones.0.{key}"]


def test_a_spillback_line_without_a_stop_line_is_inert() -> None:
    assert keys(lines=[LINE], zones=[{**ZONE, "spillback_line": "north"}]) == ["zones.0.spillback_line"]


def test_a_banned_movement_whose_incident_is_off_is_inert() -> None:
    banned = [{"id": "u", "entry": "north", "exit": "approach", "banned": True}]
    camera = {"lines": [LINE], "zones": [ZONE], "movements": banned}
    assert not keys(**camera)
    assert keys(**camera, incidents={"banned_movement": {"enabled": False}}) == ["movements.0.banned"]
