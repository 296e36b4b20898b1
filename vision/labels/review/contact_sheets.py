"""Contact sheets: twelve labelled pictures per image."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES
from vision.detection.models.self_test import COLOURS
from vision.labels.data_set.picture import LabelledPicture
from vision.labels.review.reviews import Question, Review

COLUMNS, ROWS = 3, 4
CELL_WIDTH, CELL_HEIGHT = 480, 270
CAPTION_PX = 22
WHITE = (255, 255, 255)
Image = NDArray[np.uint8]


def contact_sheets(pictures: Iterable[tuple[LabelledPicture, Image]], reviews: Mapping[str, Review]) -> Iterator[Image]:
    """Sheets of twelve pictures with their boxes; open questions are white boxes."""
    remaining = iter(pictures)
    while batch := list(islice(remaining, COLUMNS * ROWS)):
        yield _sheet([_cell(image, picture, reviews.get(picture.name)) for picture, image in batch])


def _sheet(cells: Sequence[Image]) -> Image:
    """Cells in rows of `COLUMNS`."""
    rows = -(-len(cells) // COLUMNS)
    height = CELL_HEIGHT + CAPTION_PX
    out = np.full((rows * height, COLUMNS * CELL_WIDTH, 3), 24, np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, COLUMNS)
        out[row * height : (row + 1) * height, column * CELL_WIDTH : (column + 1) * CELL_WIDTH] = cell
    return out


def _cell(image: Image, picture: LabelledPicture, review: Review | None) -> Image:
    """One picture scaled to a cell, with a caption below."""
    scale = min(CELL_WIDTH / picture.width_px, CELL_HEIGHT / picture.height_px)
    size = max(1, round(picture.width_px * scale)), max(1, round(picture.height_px * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    if picture.boxes is not None:
        for box, class_id in zip(picture.boxes.xyxy * scale, picture.boxes.class_id, strict=True):
            _draw_rectangle(small, box, COLOURS[CLASSES[class_id]], thickness=2)
    for question in review.questions if review and review.information_bits else ():
        _draw_question(small, question, scale)
    cell = np.full((CELL_HEIGHT + CAPTION_PX, CELL_WIDTH, 3), 24, np.uint8)
    cell[: size[1], : size[0]] = small
    _draw_text(cell, _caption(picture, review), (4, CELL_HEIGHT + 15))
    return cell


def _caption(picture: LabelledPicture, review: Review | None) -> str:
    labels = "not labelled" if picture.boxes is None else f"{len(picture.boxes)} boxes"
    state = "" if review is None else f", {review.state}, {review.information_bits:.1f} bits"
    return f"{picture.stem[:40]} ({picture.split}) {labels}{state}"


def _draw_question(image: Image, question: Question, scale: float) -> None:
    box = np.array(question.box) * scale
    _draw_rectangle(image, box, WHITE, thickness=1)
    _draw_text(image, f"{question.object_class}?", (int(box[0]), max(10, int(box[1]) - 3)))


def _draw_rectangle(image: Image, box: NDArray[np.float64], colour: tuple[int, int, int], *, thickness: int) -> None:
    left, top, right, bottom = (int(edge) for edge in box.round())
    cv2.rectangle(image, (left, top), (right, bottom), colour, thickness)


def _draw_text(image: Image, text: str, at: tuple[int, int]) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, WHITE, 1, cv2.LINE_AA)
