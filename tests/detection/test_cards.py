"""The registry of models."""

from pathlib import Path

import numpy as np
import pytest

from vision.common.object_class import ObjectClass
from vision.core import ModelError
from vision.detection.calibration import from_common_scale, to_common_scale
from vision.detection.decoders import FAMILIES
from vision.detection.models.cards import DEFAULT_MODEL, ModelCard, load_cards, read_card

CARD = """
name: mine
title: My own
licence: mine
source: {kind: file, origin: here}
"""


def test_every_packaged_card_is_whole_and_the_default_is_among_them() -> None:
    cards = load_cards()
    assert DEFAULT_MODEL in cards
    assert {"yolo26n", "yolo26s", "yolo11n", "yolo11s", "yolov8n", "yolov8s", "yolox_nano", "deimv2_femto"} <= set(
        cards
    )
    for card in cards.values():
        assert card.licence
        assert card.mapping(card.class_names() or ())["motorcycle"] is ObjectClass.MOTORCYCLE
    assert all("AGPL-3.0" in c.licence for c in cards.values() if c.source.kind == "ultralytics")


def test_a_users_card_lies_in_the_cache_and_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.yaml").write_text(CARD)
    assert load_cards()["mine"].source.kind == "file"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (CARD + "colour: rgb\n", ["colour", "Extra inputs"]),
        (CARD + "name: twice\n", ["name"]),
        (CARD + "family: yolo99\n", ["yolo99", *FAMILIES]),
        (CARD + "sha256: abc\n", ["sha256"]),
        (CARD + "classes: {van: spaceship}\n", ["classes.van"]),
        (CARD + "calibration: [[0.5, 0.2], [0.4, 0.3]]\n", ["calibration", "rise"]),
        (CARD.replace("name: mine", "name: ../../etc/passwd"), ["name"]),
        ("name: [", ["line 1"]),
        ("!!python/object/apply:os.system ['true']", ["python/object"]),
        ("", ["the card"]),
    ],
)
def test_an_error_names_the_card_and_the_mistake(tmp_path: Path, text: str, parts: list[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(ModelError) as caught:
        read_card(file)
    for part in ["bad.yaml", *parts]:
        assert part in str(caught.value)


def test_a_card_maps_other_class_names(tmp_path: Path) -> None:
    file = tmp_path / "card.yaml"
    file.write_text(CARD + "names: [xe may, o to]\nclasses: {xe may: motorcycle, o to: car}\n")
    card = read_card(file)
    assert card.mapping(card.class_names() or ()) == {"xe may": ObjectClass.MOTORCYCLE, "o to": ObjectClass.CAR}


def test_calibration_is_invertible_and_keeps_0_and_1() -> None:
    points = ((0.3, 0.1), (0.4, 0.25), (0.5, 0.5))
    scores = np.linspace(0, 1, 101, dtype=np.float32)
    np.testing.assert_allclose(from_common_scale(to_common_scale(scores, points), points), scores, atol=1e-5)
    np.testing.assert_allclose(to_common_scale(np.array([0, 0.4, 1], np.float32), points), [0, 0.25, 1], atol=1e-6)
    np.testing.assert_array_equal(to_common_scale(scores, ()), scores)


def test_the_schema_explains_every_field() -> None:
    def explained(schema: dict[str, object]) -> bool:
        fields = schema.get("properties", {})
        assert isinstance(fields, dict)
        return all("title" in f and ("description" in f or "const" in f) for f in fields.values())

    schema = ModelCard.model_json_schema()
    assert explained(schema)
    assert all(explained(part) for part in schema["$defs"].values())
