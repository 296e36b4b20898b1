"""Recognises road users by the names that other data sets and models give them."""

import re
import unicodedata

from vision.common.object_class import ObjectClass

_NAMES: dict[ObjectClass, tuple[str, ...]] = {
    ObjectClass.PERSON: ("person", "people", "pedestrian", "human", "man", "woman", "child", "nguoi", "nguoi di bo"),
    ObjectClass.BICYCLE: ("bicycle", "bike", "cycle", "push bike", "xe dap"),
    ObjectClass.MOTORCYCLE: (
        "motorcycle", "motorbike", "motor bike", "motor cycle", "motor", "moped", "scooter", "motor scooter", "xe may",
        "xe gan may", "xe mo to", "mo to",
    ),
    ObjectClass.CAR: ("car", "automobile", "sedan", "passenger car", "o to", "oto", "xe o to", "xe hoi", "xe con"),
    ObjectClass.BUS: ("bus", "city bus", "xe buyt", "xe bus", "xe khach"),
    ObjectClass.TRUCK: ("truck", "lorry", "heavy truck", "xe tai"),
}  # fmt: skip
"""By class: its names in lower case, singular, without marks, words separated by one blank."""
_CLASS_OF = {name: kind for kind, names in _NAMES.items() for name in names}
# fmt: off
_ROAD_USERS = frozenset({
    "ambulance", "auto", "autorickshaw", "bakfiets", "caravan", "cart", "coach", "cyclist", "cyclo", "driver",
    "excavator", "hgv", "jeep", "jeepney", "lgv", "minibus", "minivan", "pickup", "rickshaw", "rider", "suv", "taxi",
    "toto", "tractor", "trailer", "tram", "tricycle", "trike", "tuk", "tuktuk", "van", "vehicle", "wagon", "wheeler",
    "xe",
})
# fmt: on
"""Words of other road users, and of vehicles that no class of ours names."""
_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "buses": "bus",
    "lorries": "lorry",
}


def road_user_of(name: str) -> ObjectClass | None:
    """The road user that a name means, whatever its case, number, blanks, hyphens and Vietnamese marks.

    Examples:
        >>> [road_user_of(name) for name in ("Motorbike", "cars ", "xe máy", "traffic light")]
        [<ObjectClass.MOTORCYCLE: 'motorcycle'>, <ObjectClass.CAR: 'car'>, <ObjectClass.MOTORCYCLE: 'motorcycle'>, None]
    """
    plain = _plain(name)
    return _CLASS_OF.get(plain) or _CLASS_OF.get(_singular(plain))


def sounds_like_a_road_user(name: str) -> bool:
    """Whether a name that `road_user_of` does not know may mean one all the same.

    Examples:
        >>> [sounds_like_a_road_user(name) for name in ("auto-rickshaw", "bus stop", "cat")]
        [True, False, False]
    """
    plain = _plain(name)
    words = {*plain.split(), *map(_singular, plain.split()), plain.replace(" ", "")}
    return road_user_of(name) is None and bool(words & _ROAD_USERS)


def _plain(name: str) -> str:
    unmarked = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    letters = "".join(letter for letter in unmarked if not unicodedata.combining(letter))
    return re.sub(r"[\s_\-./]+", " ", letters).strip()


def _singular(name: str) -> str:
    head, _, last = name.rpartition(" ")
    single = _IRREGULAR.get(last) or (last[:-1] if last.endswith("s") and len(last) > 3 else last)
    return f"{head} {single}".strip()
