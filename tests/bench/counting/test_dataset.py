"""The true ranges of counted clips, and reading manifests."""

import json
from pathlib import Path
from typing import Any

import pytest

from vision.bench.counting.dataset import CountedClip, read_manifest
from vision.core import NgatuError


def written(folder: Path, *truths: dict[str, Any]) -> Path:
    clips = [{"file": f"{n}.mp4", "truth": truth} for n, truth in enumerate(truths)]
    for clip in clips:
        (folder / clip["file"]).touch()
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"clips": clips}), encoding="utf-8")
    return manifest


def counted(**directions: dict[str, int]) -> dict[str, Any]:
    return {"line_count": {"line": [0, 0.5, 1, 0.5], "directions": directions}}


def only(folder: Path, **directions: dict[str, int]) -> CountedClip:
    [clip] = read_manifest(written(folder, counted(**directions)))
    return clip


def test_the_true_count_is_the_sum_of_the_directions(tmp_path: Path) -> None:
    clip = only(tmp_path, up={"definite": 3, "car": 2, "bus": 1}, down={"definite": 4})
    assert (clip.definite, clip.true_low, clip.true_high) == (7, 7, 7)


def test_vehicles_on_the_line_at_the_start_or_end_may_count_or_not(tmp_path: Path) -> None:
    clip = only(tmp_path, up={"definite": 3, "start_straddle": 2}, down={"definite": 4, "end_straddle": 1})
    assert (clip.definite, clip.true_low, clip.true_high) == (7, 7, 10)


def test_vehicles_truncated_by_the_edge_may_count_or_not(tmp_path: Path) -> None:
    assert only(tmp_path, up={"definite": 6, "cut_by_top_edge": 3}).true_high == 9


def test_an_included_vehicle_on_the_line_may_be_missed(tmp_path: Path) -> None:
    clip = only(tmp_path, up={"definite": 91, "end_straddle_included": 1})
    assert (clip.definite, clip.true_low, clip.true_high) == (91, 90, 91)


def test_the_error_is_the_distance_to_the_true_range(tmp_path: Path) -> None:
    clip = only(tmp_path, up={"definite": 5, "start_straddle": 2})
    assert [clip.error_of(n) for n in (3, 5, 7, 10)] == [2, 0, 0, 3]


def test_only_clips_with_counted_crossings_are_read(tmp_path: Path) -> None:
    manifest = written(tmp_path, counted(up={"definite": 1}), {}, {"congestion": {}})
    assert [c.file.name for c in read_manifest(manifest)] == ["0.mp4"]


def test_missing_clips_are_named(tmp_path: Path) -> None:
    manifest = written(tmp_path, counted(up={"definite": 1}))
    (tmp_path / "0.mp4").unlink()
    with pytest.raises(NgatuError, match=r"0\.mp4; name the clips' folder by --clips"):
        read_manifest(manifest)


@pytest.mark.parametrize("text", ["{", "[]", '{"clips": [{"truth": {"line_count": {}}}]}', '{"clips": 3}'])
def test_an_invalid_manifest_is_refused_with_the_expected_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NgatuError, match="not a manifest of clips"):
        read_manifest(path)


def test_a_manifest_without_counted_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NgatuError, match=r"none of its clips has truth\.line_count"):
        read_manifest(written(tmp_path, {}))


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(NgatuError, match=r"nowhere\.json: it cannot be read"):
        read_manifest(tmp_path / "nowhere.json")
