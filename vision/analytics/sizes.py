"""How long road users usually are."""

import numpy as np

from vision.classes import CLASSES, VEHICLES, ObjectClass

LENGTH_M: dict[ObjectClass, float] = {
    ObjectClass.BICYCLE: 1.8,
    ObjectClass.MOTORCYCLE: 1.9,
    ObjectClass.CAR: 4.5,
    ObjectClass.BUS: 11.0,
    ObjectClass.TRUCK: 8.0,
    ObjectClass.PERSON: 0.5,
}
LENGTHS_M = np.array([LENGTH_M[c] for c in CLASSES])
"""(classes,)"""
IS_VEHICLE = np.array([c in VEHICLES for c in CLASSES])
"""(classes,)"""
