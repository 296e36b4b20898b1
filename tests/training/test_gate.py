"""The gate, and the file of an evaluation."""

from pathlib import Path

import pytest

from tests.training.evaluation_kit import evaluation
from vision.core import NgatuError
from vision.training.evaluation.report import read_evaluation, write_evaluation
from vision.training.release.gate import judge


def test_a_difference_whose_interval_contains_zero_passes() -> None:
    assert judge(evaluation()).passed
    assert judge(evaluation(low=-0.3, high=0.001)).worse == ()


def test_a_significantly_worse_class_fails() -> None:
    result = judge(evaluation(low=-0.3, high=-0.01))
    assert not result.passed
    (finding,) = result.worse
    assert finding.startswith("bus: AP50 0.345 against 0.500")


def test_a_class_with_few_labels_is_undecided() -> None:
    result = judge(evaluation(low=-0.3, high=-0.01, labels=9))
    assert result.worse == ()
    assert result.undecided == ("bus: 9 labels are too few to judge",)


def test_worse_counting_and_lower_speed_fail() -> None:
    assert "WAPE" in judge(evaluation(wape=(0.001, 0.02))).worse[0]
    assert judge(evaluation(wape=(-0.02, 0.02))).passed
    assert "10.0 ms a picture against 9.0 ms" in judge(evaluation(ratio=0.9)).worse[0]


def test_speed_on_few_pictures_is_undecided() -> None:
    result = judge(evaluation(ratio=0.5, pictures=19))
    assert result.worse == ()
    assert result.undecided == ("speed: 19 pictures are too few to judge",)


def test_an_evaluation_without_a_reference_does_not_pass() -> None:
    alone = evaluation().model_copy(update={"against": None})
    assert not judge(alone).passed


def test_an_evaluation_is_read_as_written(tmp_path: Path) -> None:
    written = judge(evaluation(low=-0.3, high=-0.01, pictures=19))
    write_evaluation(written, tmp_path / "e.json")
    assert read_evaluation(tmp_path / "e.json") == written
    former = (tmp_path / "e.json").read_text().replace('"undecided"', '"untold"')
    (tmp_path / "e.json").write_text(former)
    assert read_evaluation(tmp_path / "e.json") == written
    (tmp_path / "e.json").write_text("{}")
    with pytest.raises(NgatuError, match=r"e\.json.*ngatu models evaluate"):
        read_evaluation(tmp_path / "e.json")
