"""Export, import and contact sheets: how people correct labels."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from tests.labels.labels_kit import HEIGHT, WIDTH, assert_same, labelled, make_data_set, noise, unlabelled
from vision.common.object_class import ObjectClass
from vision.labels.data_set.data_set import image_file, load
from vision.labels.data_set.picture import Split
from vision.labels.data_set.provenance import read_provenance
from vision.labels.errors import LabelError
from vision.labels.formats import FORMATS
from vision.labels.review.contact_sheets import CAPTION_PX, CELL_HEIGHT, CELL_WIDTH, COLUMNS, contact_sheets
from vision.labels.review.export_labels import export_labels, pictures_to_review
from vision.labels.review.import_labels import import_labels, read_source
from vision.labels.review.reviews import Question, QuestionKind, Review, ReviewState, read_reviews, write_reviews

CAR, BUS = ObjectClass.CAR, ObjectClass.BUS
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HERE = (10.0, 20.0, 60.0, 80.0)


def test_imported_labels_replace_proposed_ones_and_are_marked_corrected(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path / "set", [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))])
    corrected = [labelled("a_1.jpg", (BUS, HERE), (CAR, (-4, 0, 30, 30))), unlabelled("b_1.jpg")]
    FORMATS["cvat"].write(corrected, tmp_path / "done.xml")
    result = import_labels(load(folder), read_source(tmp_path / "done.xml", "cvat", {}), at=NOW)
    assert (result.corrected, result.added, result.skipped) == (1, 0, 1)
    assert_same(
        load(folder).pictures,
        [labelled("a_1.jpg", (BUS, HERE), (CAR, (0, 0, 30, 30))), labelled("b_1.jpg", (CAR, HERE))],
    )
    review = read_reviews(folder)["a_1.jpg"]
    assert (review.state, review.corrected_at, review.corrected_in) == (ReviewState.CORRECTED, NOW, "done.xml")


def test_new_pictures_are_imported_with_file_licence_and_owner(tmp_path: Path) -> None:
    other = make_data_set(tmp_path / "other", [labelled("x_1.jpg", (CAR, HERE), split=Split.TRAIN)])
    folder = make_data_set(tmp_path / "set", [labelled("a_1.jpg")])
    result = import_labels(load(folder), read_source(other, "yolo", {}), at=NOW, licence="CC0", owner="a city")
    assert (result.corrected, result.added) == (0, 1)
    added = load(folder).by_name()["x_1.jpg"]
    assert_same([added], [labelled("x_1.jpg", (CAR, HERE))])
    assert (image_file(folder, added)).read_bytes() == (other / "images" / "train" / "x_1.jpg").read_bytes()
    assert read_provenance(folder)["x_1.jpg"].licence == "CC0"


def test_pictures_of_an_imported_file_come_from_the_given_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "x_1.jpg"), noise(3))
    FORMATS["coco"].write([labelled("x_1.jpg", (CAR, HERE))], tmp_path / "labels.json")
    folder = make_data_set(tmp_path / "set", [])
    import_labels(load(folder), read_source(tmp_path / "labels.json", "coco", {}, tmp_path / "images"), at=NOW)
    assert_same(load(folder).pictures, [labelled("x_1.jpg", (CAR, HERE))])


def test_an_import_with_mistakes_changes_nothing_and_reports_each(tmp_path: Path) -> None:
    before = [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))]
    folder = make_data_set(tmp_path / "set", before)
    wrong = [
        labelled("a_1.jpg", (BUS, HERE)),
        labelled("b_1.jpg", (BUS, HERE), size=(2 * WIDTH, 2 * HEIGHT)),
        labelled("z_1.jpg", (BUS, HERE)),
    ]
    FORMATS["coco"].write(wrong, tmp_path / "done.json")
    with pytest.raises(LabelError) as caught:
        import_labels(load(folder), read_source(tmp_path / "done.json", "coco", {}), at=NOW)
    assert "'b_1.jpg' is 640 x 360 there and 320 x 180 here" in str(caught.value)
    assert "'z_1.jpg' is not in this data set: name the folder that has it by --images" in str(caught.value)
    assert_same(load(folder).pictures, before)
    assert read_reviews(folder) == {}


def test_labels_in_fractions_are_converted_to_pixels(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path / "set", [unlabelled("a_1.jpg")])
    file = tmp_path / "done.json"
    file.write_text(
        '[{"data": {"image": "images/new/a_1.jpg"}, "annotations": [{"result": [{"type": "rectanglelabels", '
        '"value": {"x": 50, "y": 50, "width": 25, "height": 50, "rectanglelabels": ["bus"]}}]}]}]'
    )
    import_labels(load(folder), read_source(file, "label-studio", {}), at=NOW)
    assert_same(load(folder).pictures, [labelled("a_1.jpg", (BUS, (160, 90, 240, 180)))])


def proposed(name: str, questions: int) -> Review:
    one = Question(kind=QuestionKind.VOTE, object_class=CAR, box=HERE, said_by=("m",), bits=1.0)
    return Review(picture=name, state=ReviewState.PROPOSED, questions=(one,) * questions)


def test_the_most_informative_pictures_are_reviewed_first(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled(f"{name}_1.jpg") for name in "abcd"])
    done = Review(picture="d_1.jpg", state=ReviewState.CORRECTED, questions=proposed("d_1.jpg", 9).questions)
    write_reviews(folder, [proposed("a_1.jpg", 1), proposed("b_1.jpg", 3), proposed("c_1.jpg", 0), done])
    assert [picture.name for picture in pictures_to_review(load(folder), None)] == ["b_1.jpg", "a_1.jpg"]
    assert [picture.name for picture in pictures_to_review(load(folder), 1)] == ["b_1.jpg"]


@pytest.mark.parametrize("form", [*FORMATS, "yolo"])
def test_an_exported_data_set_is_imported_unchanged(tmp_path: Path, form: str) -> None:
    pictures = [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", split=Split.VAL)]
    folder = make_data_set(tmp_path / "set", pictures)
    target = tmp_path / "out" / ("other" if form == "yolo" else "labels")
    target.parent.mkdir()
    export_labels(load(folder), load(folder).pictures, form, target, images=True)
    again = make_data_set(tmp_path / "again", [])
    images = None if form == "yolo" else target.parent / "images"
    import_labels(load(again), read_source(target, form, {}, images), at=NOW)
    assert_same(load(again).pictures, [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg")])


def test_contact_sheets_have_twelve_pictures_with_boxes_and_questions() -> None:
    pictures = [(labelled(f"a_{n}.jpg", (CAR, HERE)), noise(n) // 8) for n in range(13)]
    first, second = contact_sheets(iter(pictures), {"a_0.jpg": proposed("a_0.jpg", 1)})
    assert first.shape == (4 * (CELL_HEIGHT + CAPTION_PX), COLUMNS * CELL_WIDTH, 3)
    assert second.shape == (CELL_HEIGHT + CAPTION_PX, COLUMNS * CELL_WIDTH, 3)
    assert (first[:CELL_HEIGHT, :CELL_WIDTH] == 255).all(axis=2).sum() > 100, "a question is white"
    assert (first[:CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].max(axis=2) > 200).any(), "the next one has its box"
