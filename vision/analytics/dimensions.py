"""Typical lengths, widths and footprints of road users by class."""

import numpy as np

from vision.common.object_class import CLASSES, VEHICLES, ObjectClass

LENGTH_M: dict[ObjectClass, float] = {
    ObjectClass.BICYCLE: 1.8,
    ObjectClass.MOTORCYCLE: 1.9,
    ObjectClass.CAR: 4.5,
    ObjectClass.BUS: 11.0,
    ObjectClass.TRUCK: 8.0,
    ObjectClass.PERSON: 0.5,
}
WIDTH_M: dict[ObjectClass, float] = {
    ObjectClass.BICYCLE: 0.6,
    ObjectClass.MOTORCYCLE: 0.8,
    ObjectClass.CAR: 1.8,
    ObjectClass.BUS: 2.5,
    ObjectClass.TRUCK: 2.4,
    ObjectClass.PERSON: 0.6,
}
LENGTHS_M = np.array([LENGTH_M[c] for c in CLASSES])
"""(classes,): typical lengths."""
WIDTHS_M = np.array([WIDTH_M[c] for c in CLASSES])
"""(classes,): typical widths."""
AREAS_M2 = LENGTHS_M * WIDTHS_M
"""(classes,): footprints on the road."""
IS_VEHICLE = np.array([c in VEHICLES for c in CLASSES])
"""(classes,): whether the class is a vehicle."""
