"""Data sets are dealt by scene, checked, and take in what people corrected."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.labels.labels_kit import HEIGHT, WIDTH, assert_same, labelled, make_data_set, noise, unlabelled
from vision.common.object_class import ObjectClass
from vision.labels.data_set.data_set import image_file, load, read
from vision.labels.data_set.picture import LabelledPicture, Split
from vision.labels.data_set.provenance import Entry, append, read_ledger
from vision.labels.data_set.scenes import scene_of
from vision.labels.data_set.split import apply, deal
from vision.labels.data_set.validation import check
from vision.labels.errors import LabelError
from vision.labels.formats import FORMATS
from vision.labels.review.contact_sheets import CAPTION_PX, CELL_HEIGHT, CELL_WIDTH, COLUMNS, sheets
from vision.labels.review.export_labels import chosen_for_people, export
from vision.labels.review.import_labels import bring, take_in
from vision.labels.review.reviews import Kind, Question, Review, State, read_reviews, write_reviews

CAR, BUS = ObjectClass.CAR, ObjectClass.BUS
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HERE = (10.0, 20.0, 60.0, 80.0)


def scenes(*sizes: int) -> list[LabelledPicture]:
    """Scenes of so many pictures each."""
    return [labelled(f"c{scene}-h_{n}.jpg", (CAR, HERE)) for scene, size in enumerate(sizes) for n in range(size)]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=12), st.floats(0.05, 0.5), st.integers(0, 5))
def test_no_scene_is_on_both_sides_and_neither_side_is_empty(sizes: list[int], val: float, seed: int) -> None:
    pictures = scenes(*sizes)
    dealt = deal(pictures, Path("set"), val=val, seed=seed)
    assert dealt.splits.keys() == {scene_of(picture.name) for picture in pictures}
    assert dealt.pictures[Split.TRAIN] + dealt.pictures[Split.VAL] == len(pictures)
    assert min(dealt.pictures.values()) > 0
    assert deal(list(reversed(pictures)), Path("set"), val=val, seed=seed).splits == dealt.splits


def test_validation_gets_about_its_share_where_scenes_allow_it() -> None:
    dealt = deal(scenes(*[10] * 20), Path("set"), val=0.2)
    assert dealt.pictures[Split.VAL] == 40


def test_scenes_dealt_before_stay_where_they_are(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, scenes(2, 2, 2))
    before = deal(load(folder).pictures, folder, val=0.3)
    assert apply(folder, load(folder).pictures, before) == 6
    more = [*load(folder).pictures, *(labelled(f"d{n}-h_0.jpg", (CAR, HERE)) for n in range(20))]
    after = deal(more, folder, val=0.5, seed=9)
    assert {scene: after.splits[scene] for scene in before.splits} == before.splits


def test_dealing_moves_pictures_with_their_labels(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [*scenes(2, 1), unlabelled("c0-h_9.jpg")])
    pictures = load(folder).pictures
    ready = [picture for picture in pictures if picture.boxes is not None]
    apply(folder, ready, deal(ready, folder, val=0.3))
    again = load(folder)
    assert {p.name: (p.split is Split.NEW, p.boxes is None) for p in again.pictures} == {
        "c0-h_0.jpg": (False, False),
        "c0-h_1.jpg": (False, False),
        "c0-h_9.jpg": (True, True),
        "c1-h_0.jpg": (False, False),
    }
    assert check(again).is_good


def test_one_scene_alone_cannot_be_dealt() -> None:
    with pytest.raises(LabelError, match="one camera in one hour: harvest and label another camera or another hour"):
        deal(scenes(5), Path("set"), val=0.2)


def test_a_check_names_every_kind_of_trouble(tmp_path: Path) -> None:
    folder = make_data_set(
        tmp_path,
        [
            labelled("a_1.jpg", (CAR, HERE), (CAR, HERE), split=Split.TRAIN),
            labelled("a_2.jpg", split=Split.VAL),
            unlabelled("b_1.jpg", Split.TRAIN),
            labelled("c_1.png", (BUS, HERE), split=Split.TRAIN),
            labelled("c_1.jpg", split=Split.VAL),
        ],
    )
    cv2.imwrite(str(folder / "images" / "train" / "b_2.jpg"), cv2.imread(str(folder / "images" / "train" / "b_1.jpg")))
    (folder / "labels" / "train" / "stray.txt").write_text("")
    (folder / "images" / "train" / "d_1.jpg").write_bytes(b"half a picture")
    (folder / "labels" / "val" / "a_2.txt").write_text("2 1.5 0.5 0.1 0.1\n")
    report = check(read(folder))
    problems, remarks = ("\n".join(map(str, told)) for told in (report.problems, report.remarks))
    for words in (
        "a_2.txt:1: the box reaches out",
        "scene 'a' is on both sides: 1 pictures in train, 1 in val",
        "stray",
        "d_1.jpg: not a picture",
    ):
        assert words in problems
    assert "c_1.png: its name is that of" in problems or "c_1.jpg: its name is that of" in problems
    for words in ("boxes 1 and 2 are one car twice", "learned as an empty road", "nearly the same as b_1.jpg"):
        assert words in remarks
    assert "the licence of 6 pictures is not stated" in remarks
    assert not report.is_good
    assert report.boxes[Split.TRAIN] == {CAR: 2, BUS: 1}
    assert report.pictures[Split.TRAIN] == 4
    assert report.empty == {Split.VAL: 2}


def test_a_good_data_set_has_no_problem(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (CAR, HERE), split=Split.TRAIN), labelled("b_1.jpg")])
    for name in ("a_1.jpg", "b_1.jpg"):
        append(folder, Entry(picture=name, licence="CC BY 4.0", owner="the city"))
    report = check(load(folder))
    assert (report.problems, report.remarks) == ((), ())
    assert report.licences == {"CC BY 4.0, the city": 2}


def test_corrected_labels_replace_proposed_ones_and_are_known_to_be_corrected(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path / "set", [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))])
    corrected = [labelled("a_1.jpg", (BUS, HERE), (CAR, (-4, 0, 30, 30))), unlabelled("b_1.jpg")]
    FORMATS["cvat"].write(corrected, tmp_path / "done.xml")
    taken = take_in(load(folder), bring(tmp_path / "done.xml", "cvat", {}), at=NOW)
    assert (taken.corrected, taken.added, taken.passed_over) == (1, 0, 1)
    assert_same(
        load(folder).pictures,
        [labelled("a_1.jpg", (BUS, HERE), (CAR, (0, 0, 30, 30))), labelled("b_1.jpg", (CAR, HERE))],
    )
    review = read_reviews(folder)["a_1.jpg"]
    assert (review.state, review.corrected_at, review.corrected_in) == (State.CORRECTED, NOW, "done.xml")


def test_new_pictures_come_with_their_files_licence_and_owner(tmp_path: Path) -> None:
    other = make_data_set(tmp_path / "other", [labelled("x_1.jpg", (CAR, HERE), split=Split.TRAIN)])
    folder = make_data_set(tmp_path / "set", [labelled("a_1.jpg")])
    taken = take_in(load(folder), bring(other, "yolo", {}), at=NOW, licence="CC0", owner="somebody")
    assert (taken.corrected, taken.added) == (0, 1)
    added = load(folder).by_name()["x_1.jpg"]
    assert_same([added], [labelled("x_1.jpg", (CAR, HERE))])
    assert (image_file(folder, added)).read_bytes() == (other / "images" / "train" / "x_1.jpg").read_bytes()
    assert read_ledger(folder)["x_1.jpg"].licence == "CC0"


def test_pictures_of_a_file_are_found_in_the_folder_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "x_1.jpg"), noise(3))
    FORMATS["coco"].write([labelled("x_1.jpg", (CAR, HERE))], tmp_path / "labels.json")
    folder = make_data_set(tmp_path / "set", [])
    take_in(load(folder), bring(tmp_path / "labels.json", "coco", {}, tmp_path / "images"), at=NOW)
    assert_same(load(folder).pictures, [labelled("x_1.jpg", (CAR, HERE))])


def test_an_import_with_a_mistake_changes_nothing_and_names_every_picture_that_does_not_fit(tmp_path: Path) -> None:
    before = [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", (CAR, HERE))]
    folder = make_data_set(tmp_path / "set", before)
    wrong = [
        labelled("a_1.jpg", (BUS, HERE)),
        labelled("b_1.jpg", (BUS, HERE), size=(2 * WIDTH, 2 * HEIGHT)),
        labelled("z_1.jpg", (BUS, HERE)),
    ]
    FORMATS["coco"].write(wrong, tmp_path / "done.json")
    with pytest.raises(LabelError) as caught:
        take_in(load(folder), bring(tmp_path / "done.json", "coco", {}), at=NOW)
    assert "'b_1.jpg' is 640 x 360 there and 320 x 180 here" in str(caught.value)
    assert "'z_1.jpg' is not in this data set: name the folder that holds it by --images" in str(caught.value)
    assert_same(load(folder).pictures, before)
    assert read_reviews(folder) == {}


def test_labels_in_fractions_are_turned_into_pixels(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path / "set", [unlabelled("a_1.jpg")])
    file = tmp_path / "done.json"
    file.write_text(
        '[{"data": {"image": "images/new/a_1.jpg"}, "annotations": [{"result": [{"type": "rectanglelabels", '
        '"value": {"x": 50, "y": 50, "width": 25, "height": 50, "rectanglelabels": ["bus"]}}]}]}]'
    )
    take_in(load(folder), bring(file, "label-studio", {}), at=NOW)
    assert_same(load(folder).pictures, [labelled("a_1.jpg", (BUS, (160, 90, 240, 180)))])


def asked(name: str, questions: int) -> Review:
    one = Question(kind=Kind.VOTE, object_class=CAR, box=HERE, said_by=("m",), bits=1.0)
    return Review(picture=name, state=State.PROPOSED, questions=(one,) * questions)


def test_people_are_given_the_most_useful_pictures_first(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled(f"{name}_1.jpg") for name in "abcd"])
    done = Review(picture="d_1.jpg", state=State.CORRECTED, questions=asked("d_1.jpg", 9).questions)
    write_reviews(folder, [asked("a_1.jpg", 1), asked("b_1.jpg", 3), asked("c_1.jpg", 0), done])
    assert [picture.name for picture in chosen_for_people(load(folder), None)] == ["b_1.jpg", "a_1.jpg"]
    assert [picture.name for picture in chosen_for_people(load(folder), 1)] == ["b_1.jpg"]


@pytest.mark.parametrize("form", [*FORMATS, "yolo"])
def test_what_is_exported_and_imported_is_the_same_data_set(tmp_path: Path, form: str) -> None:
    pictures = [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg", split=Split.VAL)]
    folder = make_data_set(tmp_path / "set", pictures)
    target = tmp_path / "out" / ("other" if form == "yolo" else "labels")
    target.parent.mkdir()
    export(load(folder), load(folder).pictures, form, target, images=True)
    again = make_data_set(tmp_path / "again", [])
    images = None if form == "yolo" else target.parent / "images"
    take_in(load(again), bring(target, form, {}, images), at=NOW)
    assert_same(load(again).pictures, [labelled("a_1.jpg", (CAR, HERE)), labelled("b_1.jpg")])


def test_sheets_hold_twelve_pictures_and_draw_boxes_and_questions() -> None:
    pictures = [(labelled(f"a_{n}.jpg", (CAR, HERE)), noise(n) // 8) for n in range(13)]
    first, second = sheets(iter(pictures), {"a_0.jpg": asked("a_0.jpg", 1)})
    assert first.shape == (4 * (CELL_HEIGHT + CAPTION_PX), COLUMNS * CELL_WIDTH, 3)
    assert second.shape == (CELL_HEIGHT + CAPTION_PX, COLUMNS * CELL_WIDTH, 3)
    assert (first[:CELL_HEIGHT, :CELL_WIDTH] == 255).all(axis=2).sum() > 100, "the question is white"
    assert (first[:CELL_HEIGHT, CELL_WIDTH : 2 * CELL_WIDTH].max(axis=2) > 200).any(), "the next one has its box"


def test_a_ledger_or_review_with_a_broken_line_is_named(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [])
    append(folder, Entry(picture="a_1.jpg"))
    for name, reads in (("ledger.jsonl", read_ledger), ("review.jsonl", read_reviews)):
        (folder / name).write_text('{"picture": "a_1.jpg", "state": "proposed"}\n{"picture": 7}\n')
        with pytest.raises(LabelError, match=rf"{name}:[12]: "):
            reads(folder)
