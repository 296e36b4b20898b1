"""Cut-outs of rare classes, and copy_paste them into other pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.training_kit import labels, picture
from vision.common.object_class import CLASSES, ObjectClass
from vision.training.augmentation.copy_paste import CopyPaste
from vision.training.data.cutouts import CutoutExtractor, object_mask

NAMES = [c.value for c in CLASSES]
BUS = (ObjectClass.BUS, 60.0, 40.0, 160.0, 110.0)
CAR = (ObjectClass.CAR, 200.0, 90.0, 260.0, 130.0)


def scene(level: int = 60) -> NDArray[np.uint8]:
    """A dark road with a bright bus and a car."""
    image = (picture(level) // 2).astype(np.uint8)
    cv2.rectangle(image, (60, 40), (159, 109), (40, 200, 240), -1)
    cv2.rectangle(image, (200, 90), (259, 129), (200, 60, 40), -1)
    return image


def extracted(
    folder: Path, *boxes: tuple[ObjectClass, float, float, float, float], image: NDArray[np.uint8]
) -> CutoutExtractor:
    extractor = CutoutExtractor(folder)
    extractor.extract(image, labels(*boxes), "gate")
    return extractor


@pytest.fixture(scope="module")
def cutouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cutouts")
    extracted(folder, BUS, CAR, image=scene())
    return folder


def test_only_rare_classes_are_extracted(tmp_path: Path) -> None:
    extractor = extracted(tmp_path, BUS, CAR, image=scene())
    assert {kind for kind, n in extractor.counts.items() if n} == {ObjectClass.BUS}
    assert sorted(f.name for f in tmp_path.iterdir()) == ["bus_0000.jpg", "bus_0000.png"]


def test_the_mask_covers_the_object_and_not_the_road(tmp_path: Path) -> None:
    image = scene()
    drawn = object_mask(image[30:120, 50:170], (10, 10, 110, 80))
    assert drawn[12:78, 12:108].mean() > 250
    assert not drawn[:10].any()
    alone = object_mask(image[40:110, 60:160], (0, 0, 100, 70))
    assert alone[35, 50] == 255
    assert alone[0, 0] == 0
    assert extracted(tmp_path, BUS, image=image).counts[ObjectClass.BUS] == 1
    stored = cv2.imread(str(tmp_path / "bus_0000.png"), cv2.IMREAD_GRAYSCALE)
    assert stored is not None
    assert stored.shape == (70, 100)


def test_a_stopped_bus_is_extracted_once_and_the_next_one_again(tmp_path: Path) -> None:
    extractor = CutoutExtractor(tmp_path)
    random = np.random.default_rng(0)
    other = scene()
    other[40:110, 60:160] = random.integers(0, 255, (70, 100, 1)).astype(np.uint8)
    for image in (scene(), scene(), other):
        extractor.extract(image, labels(BUS), "gate")
    assert extractor.counts[ObjectClass.BUS] == 2


@pytest.mark.parametrize(
    "box",
    [
        (ObjectClass.BUS, 0.0, 40.0, 100.0, 110.0),
        (ObjectClass.BUS, 60.0, 40.0, 80.0, 55.0),
        (ObjectClass.PERSON, 60.0, 40.0, 100.0, 90.0),
    ],
    ids=["truncated by the edge", "too small", "a rider"],
)
def test_partial_objects_are_not_extracted(tmp_path: Path, box: tuple[ObjectClass, float, float, float, float]) -> None:
    assert not any(extracted(tmp_path, box, image=scene()).counts.values())


def test_an_occluded_bus_is_not_extracted(tmp_path: Path) -> None:
    before = (ObjectClass.CAR, 50.0, 70.0, 120.0, 125.0)
    assert not any(extracted(tmp_path, BUS, before, image=scene()).counts.values())


@given(seed=st.integers(0, 2**31))
def test_pasted_objects_have_boxes_within_the_picture(cutouts: Path, seed: int) -> None:
    image, labelled = scene(), labels(BUS, CAR)
    boxes = labelled.in_px(image)
    pasted, xyxy, classes = CopyPaste(cutouts, NAMES, 1.0)(image, boxes, labelled.class_id, np.random.default_rng(seed))
    assert pasted.shape == image.shape
    assert pasted.dtype == np.uint8
    assert len(xyxy) == len(classes) >= 1
    assert (xyxy[:, :2] >= 0).all()
    assert (xyxy[:, 2:] <= [320, 180]).all()
    assert (xyxy[:, 2:] > xyxy[:, :2]).all()
    assert set(classes.tolist()) <= {ObjectClass.BUS.class_id, ObjectClass.CAR.class_id}
    np.testing.assert_array_equal(image, scene())


def test_a_seed_gives_the_same_picture_and_objects_are_pasted(cutouts: Path) -> None:
    image, labelled = scene(), labels(CAR)
    copy_paste = CopyPaste(cutouts, NAMES, 1.0)
    one, two = (copy_paste(image, labelled.in_px(image), labelled.class_id, np.random.default_rng(3)) for _ in range(2))
    for mine, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    counts = [
        len(copy_paste(image, labelled.in_px(image), labelled.class_id, np.random.default_rng(seed))[1])
        for seed in range(40)
    ]
    assert max(counts) > 1


def test_nothing_is_pasted_at_share_0_without_labels_or_without_cutouts(cutouts: Path, tmp_path: Path) -> None:
    image, labelled, random = scene(), labels(CAR), np.random.default_rng(0)
    boxes = labelled.in_px(image)
    assert CopyPaste(cutouts, NAMES, 0.0)(image, boxes, labelled.class_id, random)[0] is image
    assert CopyPaste(tmp_path, NAMES, 1.0)(image, boxes, labelled.class_id, random)[0] is image
    assert CopyPaste(cutouts, NAMES, 1.0)(image, boxes[:0], labelled.class_id[:0], random)[0] is image
