"""Formats of annotation tools and YOLO: round trips, and errors with their location."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from tests.labels.labels_kit import any_boxes, any_pictures, assert_same, boxes, labelled, make_data_set, unlabelled
from vision.common.object_class import CLASSES, ObjectClass
from vision.labels.data_set.data_set import load, read
from vision.labels.data_set.picture import Boxes, LabelledPicture, Split
from vision.labels.data_set.yolo import from_text, to_text
from vision.labels.errors import LabelError
from vision.labels.formats import FORMATS

OURS = dict(enumerate(range(len(CLASSES))))
CAR, RIDER = ObjectClass.CAR, ObjectClass.MOTORCYCLE
FORMS = pytest.mark.parametrize("name", sorted(FORMATS))


@FORMS
@given(pictures=any_pictures())
def test_a_format_reads_what_it_wrote(name: str, pictures: list[LabelledPicture]) -> None:
    form = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"labels{form.suffix}"
        form.write(pictures, file)
        assert_same(form.read(file, {}), pictures)


@given(found=any_boxes(1920, 1080))
def test_yolo_text_keeps_every_box(found: Boxes) -> None:
    read_back, problems = from_text(to_text(found, 1920, 1080), Path("a.txt"), 1920, 1080, OURS)
    assert problems == []
    expected = [LabelledPicture("a.jpg", Split.NEW, 1920, 1080, found)]
    assert_same([LabelledPicture("a.jpg", Split.NEW, 1920, 1080, read_back)], expected)


def test_a_data_set_reads_what_it_wrote(tmp_path: Path) -> None:
    pictures = [
        labelled("a_1.jpg", (CAR, (10, 20, 60.5, 80)), (RIDER, (0, 0, 12.25, 40))),
        unlabelled("a_2.jpg"),
        labelled("b_1.jpg", split=Split.TRAIN),
        labelled("c_1.jpg", (RIDER, (300, 160, 320, 180)), split=Split.VAL),
    ]
    assert_same(load(make_data_set(tmp_path, pictures)).pictures, pictures)


def test_class_names_of_the_source_are_mapped_or_left_out(tmp_path: Path) -> None:
    file = tmp_path / "labels.xml"
    file.write_text(
        '<annotations><image id="0" name="images/x.jpg" width="100" height="100">'
        '<box label="van" xtl="1" ytl="2" xbr="30" ybr="40"/><box label="cow" xtl="1" ytl="2" xbr="30" ybr="40"/>'
        '<box label="Motorcycle" xtl="1" ytl="2" xbr="30" ybr="40"/></image></annotations>'
    )
    (picture,) = FORMATS["cvat"].read(file, {"van": "truck", "cow": "-"})
    assert picture.name == "x.jpg"
    assert [CLASSES[n] for n in picture.boxes.class_id] == [ObjectClass.TRUCK, RIDER]


WRONG_CVAT = {
    "<annotations>\n<image": "xml:2: not XML",
    "<html/>": "no <annotations>",
    '<annotations>\n\n<image name="x.jpg" width="9" height="9">\n<polygon points="1,2"/></image></annotations>': (
        "xml:4: a polygon: draw boxes"
    ),
    '<annotations><image id="0" name="x.jpg" width="wide" height="9"></image></annotations>': "width='wide' is not a",
    '<annotations><image name="x.jpg" width="9" height="9">\n<box label="cart" xtl="1" ytl="1" xbr="2" ybr="2"/>'
    "</image></annotations>": "xml:2: class 'cart' is unknown",
    '<annotations><image name="x.jpg" width="9" height="9">\n<box label="car" xtl="5" ytl="1" xbr="2" ybr="2"/>'
    "</image></annotations>": "xml:2: a box without width",
    '<annotations><image name="x.jpg" width="9" height="9">\n<box label="car" ytl="1" xbr="2" ybr="2"/>'
    "</image></annotations>": "xml:2: `xtl` is missing",
    '<annotations><track><box label="car" xtl="1" ytl="1" xbr="2" ybr="2"/></track></annotations>': (
        "not as a video's tracks"
    ),
    '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>': "defines an entity",
}


@pytest.mark.parametrize("text", WRONG_CVAT)
def test_a_wrong_cvat_file_raises_with_line_and_remedy(tmp_path: Path, text: str) -> None:
    file = tmp_path / "labels.xml"
    file.write_text(text)
    with pytest.raises(LabelError) as caught:
        FORMATS["cvat"].read(file, {})
    assert WRONG_CVAT[text] in str(caught.value)
    assert str(file) in str(caught.value)


def coco(**changes: object) -> str:
    content = {
        "images": [{"id": 1, "file_name": "x.jpg", "width": 9, "height": 9}],
        "categories": [{"id": 7, "name": "car"}],
        "annotations": [{"image_id": 1, "category_id": 7, "bbox": [1, 1, 4, 4]}],
    }
    return json.dumps(content | changes)


def studio(**result: object) -> str:
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["car"]}
    whole = {"type": "rectanglelabels", "original_width": 50, "original_height": 50, "value": value} | result
    return json.dumps([{"data": {"image": "/data/upload/1/x.jpg"}, "annotations": [{"result": [whole]}]}])


WRONG_JSON = [
    ("coco", '{\n"images": [', "json:2: not JSON"),
    ("coco", '{"images": []}', "categories: Field required"),
    ("coco", coco(annotations=[{"image_id": 2, "category_id": 7, "bbox": [1, 1, 4, 4]}]), "annotations.0.image_id"),
    ("coco", coco(annotations=[{"image_id": 1, "category_id": 8, "bbox": [1, 1, 4, 4]}]), "there is no category 8"),
    ("coco", coco(annotations=[{"image_id": 1, "category_id": 7, "bbox": [1, 1, 0, 4]}]), "annotations.0.bbox"),
    ("coco", coco(annotations=[{"image_id": 1, "category_id": 7, "bbox": [1, 1, 4]}]), "annotations.0.bbox.3"),
    ("coco", coco(categories=[{"id": 7, "name": "tuk"}]), "--map tuk=car"),
    ("label-studio", "{}", "Input should be a valid tuple"),
    ("label-studio", studio(type="polygonlabels"), "0.annotations.result.0: polygonlabels, not a box"),
    ("label-studio", studio(value={"x": 1, "y": 1, "width": 2, "height": 2, "rotation": 9}), "a rotated box"),
    ("label-studio", studio(value={"x": 1, "y": 1, "width": 2, "height": 2}), "a box with no class"),
    ("label-studio", studio(value={"rectanglelabels": ["car"]}), "without width or height"),
]


@pytest.mark.parametrize(("name", "text", "message"), WRONG_JSON)
def test_a_wrong_json_file_raises_with_location_and_remedy(tmp_path: Path, name: str, text: str, message: str) -> None:
    file = tmp_path / "labels.json"
    file.write_text(text)
    with pytest.raises(LabelError) as caught:
        FORMATS[name].read(file, {})
    assert message in str(caught.value)


@FORMS
def test_a_missing_file_raises_with_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabelError, match="nowhere: there is no such file"):
        FORMATS[name].read(tmp_path / "nowhere", {})


def test_label_studio_uses_the_newest_annotation_before_predictions(tmp_path: Path) -> None:
    def label_set(kind: str, **more: object) -> dict[str, object]:
        value = {"x": 10, "y": 20, "width": 20, "height": 40, "rectanglelabels": [kind]}
        return {"result": [{"type": "rectanglelabels", "value": value}], **more}

    task = {
        "data": {"image": "http://labels.example/data/local-files/?d=images/new/a%20b.jpg"},
        "annotations": [label_set("car"), label_set("bus"), label_set("person", was_cancelled=True)],
        "predictions": [label_set("truck")],
    }
    file = tmp_path / "labels.json"
    file.write_text(json.dumps([task]))
    (picture,) = FORMATS["label-studio"].read(file, {})
    assert (picture.name, picture.width_px) == ("a b.jpg", 0)
    assert [CLASSES[n] for n in picture.boxes.class_id] == [ObjectClass.BUS]
    assert picture.boxes.xyxy[0].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.6]), "fractions: the size is unknown"


def test_wrong_label_lines_are_reported_and_the_others_are_kept(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (CAR, (10, 20, 60, 80)))])
    file = folder / "labels" / "new" / "a_1.txt"
    file.write_text(
        file.read_text() + "9 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1\n1 0.95 0.5 0.2 0.1\nx y z a b\n1 .5 .5 0 .1\n"
    )
    data = read(folder)
    assert_same(data.pictures, [labelled("a_1.jpg", (CAR, (10, 20, 60, 80)))])
    assert [p.line for p in data.problems] == [2, 3, 4, 5, 6]
    messages = "\n".join(map(str, data.problems))
    for message in (
        "class 9 is unknown",
        "4 values instead of 5",
        "extends beyond the picture",
        "`x y z a b`",
        "without",
    ):
        assert message in messages
    with pytest.raises(LabelError, match=r"a_1\.txt:2: class 9"):
        load(folder)


def test_class_numbers_of_another_data_set_are_read_by_name(tmp_path: Path) -> None:
    folder = make_data_set(tmp_path, [labelled("a_1.jpg", (ObjectClass.BICYCLE, (10, 20, 60, 80)))])
    (folder / "data.yaml").write_text("names: {0: bus, 1: van}\n")
    (picture,) = load(folder, {"van": "truck"}).pictures
    assert [CLASSES[n] for n in picture.boxes.class_id] == [ObjectClass.BUS]
    with pytest.raises(LabelError, match=r"data.yaml: class 'van' is unknown"):
        load(folder)


def test_a_folder_that_is_not_a_data_set_raises(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"no data set: it has no data\.yaml"):
        load(tmp_path)
    (tmp_path / "data.yaml").write_text("names: 7\n")
    with pytest.raises(LabelError, match="no list of class names"):
        load(tmp_path)


def test_boxes_are_clipped_to_the_picture_and_dropped_when_outside() -> None:
    clipped = boxes((CAR, (-5, -5, 10, 10)), (RIDER, (99.5, 20, 130, 40)), (CAR, (10, 10, 20, 20))).clip(100, 100)
    assert clipped.xyxy.tolist() == [[0, 0, 10, 10], [10, 10, 20, 20]]
