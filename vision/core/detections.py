"""What a detector found in one frame, and conversions from and to other libraries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from vision.common.object_class import CLASSES, ObjectClass
from vision.core.columns import Columns

if TYPE_CHECKING:
    import supervision

_CLASS_BY_NAME = {c.value: c for c in CLASSES}


@dataclass(frozen=True, slots=True, eq=False)
class Detections(Columns):
    """N boxes of one frame, in pixels of that frame. A boolean mask filters every column at once.

    Examples:
        >>> import numpy as np
        >>> detections = Detections(
        ...     xyxy=np.array([[0, 0, 10, 20], [5, 5, 50, 40]], np.float32),
        ...     confidence=np.array([0.9, 0.2], np.float32),
        ...     class_id=np.array([ObjectClass.CAR.class_id, ObjectClass.BUS.class_id]),
        ... )
        >>> len(detections[detections.confidence >= 0.5])
        1
    """

    xyxy: NDArray[np.float32]
    """(N, 4): left, top, right, bottom in pixels."""
    confidence: NDArray[np.float32]
    """(N,): 0 to 1."""
    class_id: NDArray[np.int64]
    """(N,): `ObjectClass.class_id`."""

    def __post_init__(self) -> None:
        self.check_lengths()

    @classmethod
    def empty(cls) -> Self:
        """No detections."""
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
        )

    @classmethod
    def from_ultralytics(cls, result: Any, *, classes: Mapping[str, ObjectClass] | None = None) -> Self:
        """The detections of one `ultralytics.engine.results.Results`.

        Riders stay apart from their two-wheelers: see `vn.merge_riders`.

        Args:
            result: what a model of ultralytics returns for one picture.
            classes: maps the model's class names to road users; by default names equal to an `ObjectClass` count,
                ignoring case. Boxes of other classes are dropped.

        Examples:
            >>> model = YOLO("yolo11n.pt")  # doctest: +SKIP
            >>> detections = merge_riders(Detections.from_ultralytics(model(image)[0]))  # doctest: +SKIP
        """
        boxes = result.boxes
        names = [str(result.names[number]) for number in _numpy(boxes.cls).astype(int).tolist()]
        return cls._of_names(_numpy(boxes.xyxy), _numpy(boxes.conf), names, classes)

    @classmethod
    def from_supervision(
        cls, detections: "supervision.Detections", *, classes: Mapping[str, ObjectClass] | None = None
    ) -> Self:
        """The boxes of a `supervision.Detections`, with `data["class_name"]` as the class names.

        Args:
            detections: N boxes; without confidences, each counts as 1.
            classes: as in `from_ultralytics`.

        Raises:
            ValueError: class names are missing.
        """
        names = [str(name) for name in np.atleast_1d(detections.data.get("class_name", np.empty(0)))]
        if len(names) != len(detections):
            raise ValueError("supervision.Detections without data['class_name']: add the class name of each box")
        confidence = np.ones(len(detections)) if detections.confidence is None else detections.confidence
        return cls._of_names(detections.xyxy, confidence, names, classes)

    def to_supervision(self) -> "supervision.Detections":
        """The same boxes as a `supervision.Detections`, with the class names in `data["class_name"]`."""
        import supervision  # noqa: PLC0415 - only callers that have it

        names = np.array([CLASSES[number].value for number in self.class_id.tolist()], dtype=np.str_)
        return supervision.Detections(
            xyxy=self.xyxy,
            confidence=self.confidence,
            class_id=self.class_id.astype(int),
            data={"class_name": names},
        )

    def to_ultralytics(self) -> NDArray[np.float32]:
        """(N, 6) left, top, right, bottom, confidence, class: the `data` of `ultralytics.engine.results.Boxes`."""
        return np.column_stack([self.xyxy, self.confidence, self.class_id]).astype(np.float32).reshape(-1, 6)

    @classmethod
    def _of_names(
        cls, xyxy: NDArray[Any], confidence: NDArray[Any], names: list[str], classes: Mapping[str, ObjectClass] | None
    ) -> Self:
        found = [_CLASS_BY_NAME.get(name.lower()) if classes is None else classes.get(name) for name in names]
        kept = [n for n, road_user in enumerate(found) if road_user is not None]
        return cls(
            xyxy=np.asarray(xyxy, np.float32).reshape(-1, 4)[kept],
            confidence=np.asarray(confidence, np.float32)[kept],
            class_id=np.array([road_user.class_id for road_user in found if road_user is not None], np.int64),
        )


def _numpy(values: Any) -> NDArray[Any]:
    """An array or a torch tensor on any device, as an array."""
    return np.asarray(values.cpu().numpy() if hasattr(values, "cpu") else values)
