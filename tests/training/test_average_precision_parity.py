"""Average precision against the COCO API's, on random labels and detections."""

# Two things differ by design. COCO averages precision at 101 recalls, ngatu takes the exact area under the same curve:
# with a fine grid of recalls the figures are equal, with COCO's 101 they are within a grid step. By size, COCO lets a
# detection prefer a label within the size range to a nearer one outside it; ngatu takes the nearer. Labels here do not
# overlap, so that no detection has such a choice.

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from vision.common.object_class import ObjectClass
from vision.core import Detections
from vision.training.data.yolo_dataset import Labels
from vision.training.evaluation.average_precision import AT_50, AT_ALL, Subset, average_precision
from vision.training.evaluation.comparison import LARGE_PX, SMALL_PX
from vision.training.evaluation.matches import Matches, match, picture_result

WIDTH, HEIGHT, CELL = 640, 480, 160
"""Pictures as long as the one that sizes refer to; each of their 12 cells holds at most one label."""
PICTURES = 25
KINDS = (ObjectClass.MOTORCYCLE, ObjectClass.CAR, ObjectClass.BUS)
"""In the order of their numbers, which is COCO's order."""
FINE = np.linspace(0, 1, 2_001)
SIZES = {"all": (0.0, np.inf), "small": (0.0, SMALL_PX), "medium": (SMALL_PX, LARGE_PX), "large": (LARGE_PX, np.inf)}

Boxes = tuple[NDArray[np.float32], NDArray[np.int64]]
Sample = tuple[Boxes, Detections]


def random_labels(random: np.random.Generator) -> Boxes:
    cells = [(x, y) for x in range(0, WIDTH, CELL) for y in range(0, HEIGHT, CELL)]
    chosen = [cell for cell in cells if random.random() < 0.7]
    sides = np.exp(random.uniform(np.log(12), np.log(CELL - 1), (len(chosen), 2)))
    corners = np.array(chosen, float).reshape(-1, 2) + random.uniform(0, 1, sides.shape) * (CELL - sides)
    boxes = np.concatenate([corners, corners + sides], axis=1).astype(np.float32)
    return boxes, random.choice([kind.class_id for kind in KINDS], len(boxes))


def random_detections(random: np.random.Generator, boxes: NDArray[np.float32], kinds: NDArray[np.int64]) -> Detections:
    """Labels found once or twice, shifted, sometimes as another class; and a few inventions."""
    found = np.flatnonzero(random.random(len(boxes)) < 0.85)
    found = np.concatenate([found, found[random.random(len(found)) < 0.25]])
    sides = np.tile(boxes[found, 2:] - boxes[found, :2], 2)
    shifted = boxes[found] + random.normal(0, 0.12, (len(found), 4)) * sides
    invented, invented_kinds = random_labels(random)
    few = random.random(len(invented)) < 0.3
    xyxy = np.concatenate([np.sort(shifted.reshape(-1, 2, 2), axis=1).reshape(-1, 4), invented[few]])
    named = np.where(random.random(len(found)) < 0.9, kinds[found], ObjectClass.CAR.class_id)
    class_id = np.concatenate([named, invented_kinds[few]])
    return Detections(xyxy.astype(np.float32), random.uniform(0.01, 1, len(xyxy)).astype(np.float32), class_id)


def random_sample(seed: int) -> list[Sample]:
    random = np.random.default_rng(seed)
    labels = [random_labels(random) for _ in range(PICTURES)]
    return [(one, random_detections(random, *one)) for one in labels]


def our_average_precision(sample: list[Sample], kind: ObjectClass, size: str, ious: slice) -> float:
    return float(average_precision(_hits(sample), kind, np.ones((1, PICTURES)), _subset(size), ious)[0])


def _hits(sample: list[Sample]) -> Matches:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    scale = np.array([WIDTH, HEIGHT] * 2, np.float32)
    return match([picture_result(image, Labels(boxes / scale, kinds), found) for (boxes, kinds), found in sample])


def _subset(size: str) -> Subset:
    return Subset(np.ones(PICTURES, np.bool_), *SIZES[size])


def coco_precision(sample: list[Sample], recalls: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """COCO's precision (overlaps, recalls, classes, sizes), at its own 101 recalls when none are given."""
    truth = COCO()
    truth.dataset = {
        "images": [{"id": n, "width": WIDTH, "height": HEIGHT} for n in range(1, PICTURES + 1)],
        "categories": [{"id": kind.class_id, "name": kind.value} for kind in KINDS],
        "annotations": [
            {**row, "id": n, "iscrowd": 0} for n, row in enumerate(_rows([boxes for boxes, _ in sample]), start=1)
        ],
    }
    truth.createIndex()
    scores = np.concatenate([found.confidence for _, found in sample])
    rows = _rows([(found.xyxy, found.class_id) for _, found in sample])
    found = truth.loadRes([{**row, "score": float(score)} for row, score in zip(rows, scores, strict=True)])
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.params.maxDets = [100]
    if recalls is not None:
        evaluation.params.recThrs = recalls
    evaluation.evaluate()
    evaluation.accumulate()
    precision: NDArray[np.float64] = evaluation.eval["precision"][..., 0]
    return precision


def _rows(boxes: list[Boxes]) -> Iterator[dict[str, object]]:
    for image_id, (xyxy, kinds) in enumerate(boxes, start=1):
        for (left, top, right, bottom), kind in zip(xyxy.tolist(), kinds.tolist(), strict=True):
            box = [left, top, right - left, bottom - top]
            yield {"image_id": image_id, "category_id": kind, "bbox": box, "area": box[2] * box[3]}


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_equals_cocos_on_a_fine_grid_of_recalls(seed: int) -> None:
    sample = random_sample(seed)
    precision = coco_precision(sample, FINE)
    for row, size in enumerate(SIZES):
        for column, kind in enumerate(KINDS):
            coco = precision[:, :, column, row]
            assert our_average_precision(sample, kind, size, AT_50) == pytest.approx(coco[0].mean(), abs=1e-3)
            assert our_average_precision(sample, kind, size, AT_ALL) == pytest.approx(coco.mean(), abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_mean_average_precision_is_within_a_grid_step_of_cocos_101_recalls(seed: int) -> None:
    sample = random_sample(seed)
    precision = coco_precision(sample)[..., 0]
    at_50, at_all = (np.mean([our_average_precision(sample, c, "all", at) for c in KINDS]) for at in (AT_50, AT_ALL))
    assert at_50 == pytest.approx(precision[0].mean(), abs=1 / 101)
    assert at_all == pytest.approx(precision.mean(), abs=1 / 101)
    assert 0.1 < at_all < at_50 < 0.9


def test_a_class_without_labels_has_no_average_precision_in_either() -> None:
    bus = ObjectClass.BUS.class_id
    sample = [((boxes[kinds != bus], kinds[kinds != bus]), found) for (boxes, kinds), found in random_sample(0)]
    assert (coco_precision(sample)[:, :, KINDS.index(ObjectClass.BUS), 0] == -1).all()
    assert np.isnan(our_average_precision(sample, ObjectClass.BUS, "all", AT_50))
