"""Turns pydantic's errors into messages: what is wrong in the file, and what to write instead."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from vision.common.redaction import redact
from vision.config.errors import ConfigProblem
from vision.config.files.yaml_document import Document, KeyPath, Mark, dotted

Sentence = tuple[str, str]
"""(what is wrong, what to do)."""


def problems(error: ValidationError, document: Document, model: type[BaseModel], path: Path) -> Iterator[ConfigProblem]:
    """Each mistake with the place in the file where it was made."""
    for found in error.errors(include_url=False):
        at = _as_written(found["loc"], document.data, found["type"])
        finding = _Finding(
            key=at,
            value=found["input"],
            schema=_schema_at(model, at, document.data),
            around=_schema_at(model, at[:-1], document.data),
            context=found.get("ctx", {}),
            text=found["msg"],
        )
        message, remedy = _sentence(found["type"], finding)
        mark = _mark(at, document, found["type"])
        yield ConfigProblem(path, mark.line, mark.column, _place(at), message, remedy)


def _place(at: KeyPath) -> str:
    """The path to a value; credentials are removed before long keys are shortened, when they can still be found."""
    return dotted(tuple(redact(step) if isinstance(step, str) else step for step in at))


@dataclass(frozen=True, slots=True)
class _Finding:
    key: KeyPath
    value: Any
    schema: Mapping[str, Any]
    """The JSON schema of the value."""
    around: Mapping[str, Any]
    """The JSON schema of the map or list that holds it."""
    context: Mapping[str, Any]
    text: str

    @property
    def shown(self) -> str:
        """The value, shortened; one that may hold a password is not shown."""
        if self.key and "url" in str(self.key[-1]):
            return "it"
        if isinstance(self.value, Mapping):
            return "a map"
        if isinstance(self.value, list | tuple):
            return "a list"
        text = redact(str(self.value))
        text = text if len(text) <= 40 else f"{text[:37]}..."
        return repr(text) if isinstance(self.value, str) else text


def _unknown_key(finding: _Finding) -> Sentence:
    key = redact(str(finding.key[-1]))[:60]
    known = list(finding.around.get("properties", {}))
    return f"unknown key `{key}`", _meant(key, known) or f"known here: {', '.join(known)}"


def _missing(finding: _Finding) -> Sentence:
    described = str(finding.schema.get("description", ""))
    if isinstance(finding.key[-1], int):
        return "is missing", "a point is [x, y]"
    return "is missing", f"write `{finding.key[-1]}:` ({described.rstrip('.')})" if described else "write it"


def _no_kind(finding: _Finding) -> Sentence:
    kinds = list(finding.schema.get("discriminator", {}).get("mapping", {}))
    return "`kind` is missing", f"write {_either(f'`kind: {kind}`' for kind in kinds)}"


def _wrong_kind(finding: _Finding) -> Sentence:
    kinds = list(finding.schema.get("discriminator", {}).get("mapping", {}))
    tag = redact(str(finding.context.get("tag")))[:40]
    return f"`kind: {tag}` is unknown", _meant(tag, kinds) or f"write {_either(f'`kind: {kind}`' for kind in kinds)}"


def _one_of(finding: _Finding) -> Sentence:
    choices = [part.strip("'") for part in str(finding.context["expected"]).replace(" or ", ", ").split(", ")]
    return f"{finding.shown} is none of them", _meant(str(finding.value), choices) or f"write {_either(choices)}"


def _below(finding: _Finding) -> Sentence:
    return f"{_number(finding)} is less than {_plain(finding.schema.get('minimum', '?'))}", _range(finding)


def _above(finding: _Finding) -> Sentence:
    return f"{_number(finding)} is more than {_plain(finding.schema.get('maximum', '?'))}", _range(finding)


def _not_number(finding: _Finding) -> Sentence:
    return f"{finding.shown} is no number", _range(finding)


def _not_whole(finding: _Finding) -> Sentence:
    return f"{finding.shown} is no whole number", _range(finding)


def _not_text(finding: _Finding) -> Sentence:
    if isinstance(finding.value, bool | int | float):
        return f"{finding.shown} is read as a {_kind(finding.value)}, not as text", "put it in quotes"
    return f"{finding.shown} is not text", "write plain text, or text in quotes"


def _not_bool(finding: _Finding) -> Sentence:
    return f"{finding.shown} is neither true nor false", "write true or false"


def _not_duration(finding: _Finding) -> Sentence:
    return f"{finding.shown} is no length of time", "write seconds, such as 90 or 0.5, or 00:01:30"


def _not_map(finding: _Finding) -> Sentence:
    return f"{finding.shown} is not a map", "write `key: value` lines below it"


def _not_list(finding: _Finding) -> Sentence:
    if "prefixItems" in finding.schema:
        return f"{finding.shown} is not a point", "write [x, y], such as [0.25, 0.6]"
    return f"{finding.shown} is not a list", "write one item per line, each after `- `"


def _pattern(finding: _Finding) -> Sentence:
    if finding.schema.get("pattern", "").startswith("^rtsps?"):
        return "not an RTSP address", "write rtsp://host:port/path, or rtsps://, without spaces"
    if finding.schema.get("pattern", "").startswith("^[a-z0-9]"):
        remedy = "use lower-case letters, digits, `-` and `_` only, 63 at most, a letter or digit first"
        return f"{finding.shown} cannot be an id", remedy
    return f"{finding.shown} has the wrong form", str(finding.schema.get("description", "")) or finding.text


def _too_long(finding: _Finding) -> Sentence:
    if "prefixItems" in finding.schema:
        return "more than two numbers", "a point is [x, y]"
    most = finding.context.get("max_length")
    return f"longer than {most}", f"shorten it to {most} at most"


def _too_short(finding: _Finding) -> Sentence:
    return "it is empty", str(finding.schema.get("description", "")) or "write something"


def _own_message(finding: _Finding) -> Sentence:
    message_text = str(finding.context.get("error", finding.text))
    message, _, remedy = message_text.rpartition(": ")
    return message or remedy, remedy if message else ""


def _otherwise(finding: _Finding) -> Sentence:
    return finding.text, str(finding.schema.get("description", "")) or "see docs/cameras.md"


_SENTENCES: dict[str, Callable[[_Finding], Sentence]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _wrong_kind,
    "enum": _one_of,
    "literal_error": _one_of,
    "greater_than_equal": _below,
    "greater_than": _below,
    "less_than_equal": _above,
    "less_than": _above,
    **dict.fromkeys(("float_type", "float_parsing", "int_type", "int_parsing", "finite_number"), _not_number),
    "int_from_float": _not_whole,
    "string_type": _not_text,
    **dict.fromkeys(("bool_type", "bool_parsing"), _not_bool),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _not_duration),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), _not_map),
    **dict.fromkeys(("tuple_type", "list_type", "frozen_set_type", "set_type"), _not_list),
    "string_pattern_mismatch": _pattern,
    **dict.fromkeys(("too_long", "string_too_long"), _too_long),
    **dict.fromkeys(("too_short", "string_too_short"), _too_short),
    **dict.fromkeys(("value_error", "mistake"), _own_message),
}


def _sentence(kind: str, finding: _Finding) -> Sentence:
    message, remedy = _SENTENCES.get(kind, _otherwise)(finding)
    is_empty = finding.value is None and kind not in {"missing", "mistake", "extra_forbidden"}
    return ("is empty" if is_empty else message), remedy


def _meant(written: str, known: Iterable[str]) -> str:
    near = get_close_matches(written.lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""


def _either(choices: Iterable[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _kind(value: object) -> str:
    return "truth value" if isinstance(value, bool) else "number"


def _plain(number: Any) -> str:
    return f"{number:g}" if isinstance(number, int | float) else str(number)


def _number(finding: _Finding) -> str:
    seconds = getattr(finding.value, "total_seconds", None)
    return f"{_plain(seconds())} s" if seconds else finding.shown


def _range(finding: _Finding) -> str:
    low, high = finding.schema.get("minimum"), finding.schema.get("maximum")
    large = isinstance(finding.value, int | float) and finding.value > 1
    if "prefixItems" in finding.around:
        return "coordinates are fractions of the picture (0 to 1)" + ("; did you write pixels?" if large else "")
    if (low, high) == (0, 1):
        return "write a fraction from 0 to 1" + ("; did you write percent?" if large else "")
    unit = " (seconds)" if finding.schema.get("unit") == "s" else ""
    if low is not None and high is not None:
        return f"write a number from {_plain(low)} to {_plain(high)}{unit}"
    return f"write a number{unit}"


def _as_written(loc: tuple[int | str, ...], data: Any, kind: str) -> KeyPath:
    """Pydantic's path to a value without steps that the file lacks, such as the chosen member of a union."""
    at: list[int | str] = []
    for step in loc:
        if isinstance(data, Mapping) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (kind == "missing" and step == loc[-1]):
            continue
        at.append(step)
    return tuple(at)


def _mark(at: KeyPath, document: Document, kind: str) -> Mark:
    """The value's place; of an unknown key, the key's; of a missing key, that of the map it belongs to."""
    if kind == "extra_forbidden" and at in document.keys:
        return document.keys[at]
    for end in range(len(at), -1, -1):
        if at[:end] in document.values:
            whole = end < len(at) or kind in {"union_tag_not_found", "missing"}
            return document.keys.get(at[:end], document.values[at[:end]]) if whole else document.values[at[:end]]
    return Mark(1, 1)


@lru_cache(maxsize=16)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], at: KeyPath, data: Any) -> Mapping[str, Any]:
    """The JSON schema of the value at `at`."""
    root = _schema(model)
    here = _chosen(root, root, data)
    for step in at:
        data = _item(data, step)
        here = _chosen(_one_deeper(here, step), root, data)
    return here


def _item(data: Any, step: int | str) -> Any:
    try:
        return data[step]
    except (LookupError, TypeError):
        return None


def _chosen(schema: Mapping[str, Any], root: Mapping[str, Any], data: Any) -> Mapping[str, Any]:
    """The schema without references; of a union, the member that the data selects."""
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    names = schema.get("discriminator", {})
    member = names.get("mapping", {}).get(str(_item(data, names.get("propertyName", ""))))
    return _chosen({"$ref": member}, root, data) if member else schema


def _one_deeper(schema: Mapping[str, Any], step: int | str) -> Mapping[str, Any]:
    """A list's item, a map's value."""
    if isinstance(step, int):
        points = schema.get("prefixItems", ())
        found: Any = points[step] if step < len(points) else schema.get("items")
    else:
        found = schema.get("properties", {}).get(step) or schema.get("additionalProperties")
    return found if isinstance(found, Mapping) else {}
