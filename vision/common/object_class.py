"""The road users that ngatu tells apart.

The order is the numbering of every array of classes (`class_id`), of the weights trained here and of nothing on the
wire: there a class goes by its name.
"""

from enum import StrEnum


class ObjectClass(StrEnum):
    """A road user. A rider and the two-wheeler under him are one: a bicycle or a motorcycle."""

    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    BUS = "bus"
    TRUCK = "truck"
    PERSON = "person"

    @property
    def class_id(self) -> int:
        """The number that stands for this class in a `class_id` array."""
        return CLASSES.index(self)


CLASSES: tuple[ObjectClass, ...] = tuple(ObjectClass)
VEHICLES: frozenset[ObjectClass] = frozenset(CLASSES) - {ObjectClass.PERSON}
