"""The classes of road users.

Their order numbers every array of classes (`class_id`) and the weights trained here. On the wire a class is its name.
"""

from enum import StrEnum


class ObjectClass(StrEnum):
    """A class of road users. A two-wheeler with its rider is one road user: a bicycle or a motorcycle."""

    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    BUS = "bus"
    TRUCK = "truck"
    PERSON = "person"

    @property
    def class_id(self) -> int:
        """The number of this class in a `class_id` array.

        Examples:
            >>> ObjectClass.CAR.class_id, CLASSES[2].value
            (2, 'car')
        """
        return CLASSES.index(self)


CLASSES: tuple[ObjectClass, ...] = tuple(ObjectClass)
VEHICLES: frozenset[ObjectClass] = frozenset(CLASSES) - {ObjectClass.PERSON}
