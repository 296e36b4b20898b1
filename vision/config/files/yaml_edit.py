"""Changes values in a YAML text and keeps every other character, comments above all."""

# ruamel's round trip was tried instead: it fails 9 of the 16 tests of saving. It loses the comment at the end of the
# file with the last key, moves comments to the neighbour of a removed item, and reformats lines that did not change.

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vision.config.errors import ConfigError
from vision.config.files.yaml_document import Document, KeyPath, parse, plain_value


def edit(text: str, changes: Mapping[str, Any], path: Path) -> str:
    """`text`, which came from `path`, with `changes` merged into the map that it holds (see `merged`).

    A comment right above a list item or a key moves with it. Raises ConfigError where the text is no YAML map,
    or is formatted so unusually that it cannot be edited in place.
    """
    before = parse(text, path)
    if before.data is None:
        return text + _Emitter(_Layout()).block(merged({}, changes), 0)
    if not isinstance(before.data, dict):
        raise ConfigError.single("no map", "write `key: value` lines", path=path, line=1)
    wanted = merged(before.data, changes)
    after = _Editor(text, before).edited(wanted)
    if not _is_equal(parse(after, path).data, wanted):
        raise ConfigError.single(
            "formatted too unusually to be edited", "write it in lines, not in brackets", path=path
        )
    return after


def merged(old: Any, new: Any) -> Any:
    """`new` over `old`: maps key by key, None removes a key; list items with an `id` over the item of that id."""
    if isinstance(new, Mapping):
        is_other = not isinstance(old, Mapping) or ("kind" in new and old.get("kind") != new["kind"])
        base = {} if is_other else dict(old)
        for key, value in new.items():
            if value is None:
                base.pop(str(key), None)
            else:
                base[str(key)] = merged(base.get(str(key)), value)
        return base
    if isinstance(new, list | tuple):
        known = _by_id(old if isinstance(old, list) else [])
        return [merged(known.get(_id(item), (0, None))[1], item) for item in new]
    return new


def _id(item: Any) -> str | None:
    found = item.get("id") if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else None


def _by_id(items: Iterable[Any]) -> dict[str | None, tuple[int, Any]]:
    return {_id(item): (place, item) for place, item in enumerate(items) if _id(item) is not None}


def _is_equal(one: Any, other: Any) -> bool:
    """Equal, and `true` is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


class _Layout:
    """How a file indents; a default where it has no example."""

    def __init__(self, document: Document | None = None, newline: str = "\n") -> None:
        self.newline = newline
        self.step, self.dash, self.pad = 2, 2, 2
        keys = document.keys if document else {}
        values = document.values if document else {}
        for at, key in keys.items():
            parent, owner = keys.get(at[:-1]), keys.get(at[:-2])
            if parent and key.line > parent.line:
                self.step = key.column - parent.column
            elif owner and values[at[:-2]].line > owner.line:
                self.dash = values[at[:-2]].column - owner.column
                self.pad = max(key.column - values[at[:-2]].column, 2)


class _Editor:
    def __init__(self, text: str, document: Document) -> None:
        self._text = text
        self._document = document
        self._emitter = _Emitter(_Layout(document, "\r\n" if "\r\n" in text else "\n"))

    def edited(self, wanted: dict[str, Any]) -> str:
        span = self._document.spans[()]
        if not span.is_block:
            return self._text[: span.start] + self._emitter.inline(wanted) + self._text[span.end :]
        tail = self._text[self._line_end(span.end) :]
        return self._text[: span.start] + self._map((), self._document.data, wanted) + tail

    def _map(self, at: KeyPath, old: dict[str, Any], new: dict[str, Any]) -> str:
        """The new text of a block map, from its first key to the end of its last line."""
        column = self._document.values[at].column - 1
        parts: list[str] = []
        behind, kept = self._document.spans[at].start, ""
        for key, value in old.items():
            here = (*at, key)
            gap = self._text[behind : self._document.key_starts[here]]
            behind = self._line_end(self._document.spans[here].end)
            if key in new:
                parts.append((kept + gap if parts else (kept + gap).lstrip()) + self._entry(here, value, new[key]))
                kept = ""
            else:
                kept += _without_comment(gap)
        fresh = {key: value for key, value in new.items() if key not in old}
        added = self._emitter.block(fresh, column)
        return self._closed("".join(parts)) + (added if parts else added.lstrip(" ")) + kept

    def _entry(self, at: KeyPath, old: Any, new: Any) -> str:
        """`key: value` and the rest of its lines."""
        span, start = self._document.spans[at], self._document.key_starts[at]
        end = self._line_end(span.end)
        if _is_equal(old, new):
            return self._text[start:end]
        if span.is_block and isinstance(old, dict) and isinstance(new, dict) and new:
            return self._text[start : span.start] + self._map(at, old, new)
        first_line_end = self._line_end(start + 1)
        if span.is_block and _is_list_of_maps(old) and _is_list_of_maps(new):
            return self._text[start:first_line_end] + self._list(at, first_line_end, old, new)
        head = self._text[start : span.start].split("\n")[0].rstrip()
        if _is_inline(new) or (isinstance(old, dict | list) and old and not span.is_block):
            rest = self._emitter.newline if span.is_block else self._text[span.end : end]
            return self._closed(f"{head} {self._emitter.inline(new)}{rest}")
        column = self._document.keys[at].column - 1
        return head + self._emitter.newline + self._emitter.below(new, column)

    def _list(self, at: KeyPath, start: int, old: list[Any], new: list[Any]) -> str:
        """A block list's new text, from the line after its key to the end of its last line."""
        first = self._document.spans[(*at, 0)].start
        mark = self._text[self._text.rfind("\n", 0, first) + 1 : first]
        gaps: list[str] = []
        for place in range(len(old)):
            span = self._document.spans[(*at, place)]
            gaps.append(self._text[start : span.start])
            start = self._line_end(span.end)
        known = _by_id(old)
        stay = {known[_id(item)][0] for item in new if _id(item) in known}
        parts = [_without_comment(gap) for place, gap in enumerate(gaps) if place not in stay]
        for item in new:
            if _id(item) in known:
                place, before = known[_id(item)]
                parts.append(self._closed(gaps[place] + self._item((*at, place), before, item)))
            else:
                parts.append(mark + self._emitter.block(item, len(mark)).lstrip(" "))
        return "".join(parts)

    def _item(self, at: KeyPath, old: Any, new: Any) -> str:
        span = self._document.spans[at]
        end = self._line_end(span.end)
        if _is_equal(old, new):
            return self._text[span.start : end]
        if span.is_block and isinstance(old, dict) and isinstance(new, dict):
            return self._map(at, old, new)
        return self._emitter.inline(new) + self._text[span.end : end]

    def _line_end(self, offset: int) -> int:
        if offset > 0 and self._text[offset - 1] == "\n":
            return offset
        found = self._text.find("\n", offset)
        return found + 1 if found >= 0 else len(self._text)

    def _closed(self, lines: str) -> str:
        return lines if not lines or lines.endswith("\n") else lines + self._emitter.newline


class _Emitter:
    """Writes values that were not in the file before."""

    def __init__(self, layout: _Layout) -> None:
        self._layout = layout
        self.newline = layout.newline

    def block(self, values: Mapping[str, Any], column: int) -> str:
        """`key: value` lines at a column, counted from 0."""
        indent = " " * column
        lines = ""
        for key, value in values.items():
            if _is_inline(value):
                lines += f"{indent}{self.inline(key)}: {self.inline(value)}{self.newline}"
            else:
                lines += f"{indent}{self.inline(key)}:{self.newline}{self.below(value, column)}"
        return lines

    def below(self, value: Any, column: int) -> str:
        """A map or a list of maps, below a key at a column."""
        if isinstance(value, Mapping):
            return self.block(value, column + self._layout.step)
        dash = column + self._layout.dash
        mark = " " * dash + "-" + " " * (self._layout.pad - 1)
        return "".join(mark + self.block(item, dash + self._layout.pad).lstrip(" ") for item in value)

    def inline(self, value: Any) -> str:
        """A value in one line."""
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self.inline(key)}: {self.inline(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(map(self.inline, value)) + "]"
        if value is None or isinstance(value, bool | int | float):
            return json.dumps(value)
        return str(value) if _is_plain(str(value)) else _quoted(str(value))


def _is_list_of_maps(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) and item for item in value)


def _is_inline(value: Any) -> bool:
    return not (isinstance(value, Mapping) and value) and not _is_list_of_maps(value)


def _is_plain(text: str) -> bool:
    return bool(re.fullmatch(r"[^\W_]([\w./-]|\b \b)*", text)) and text.isprintable() and plain_value(text) == text


def _quoted(text: str) -> str:
    """In double quotes. YAML reads JSON's escapes, all but those of characters beyond 16 bits."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)


def _without_comment(gap: str) -> str:
    """The text above a removed key or item, without the comment right above it."""
    lines = gap.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    while lines and lines[-1].lstrip().startswith("#"):
        lines.pop()
    return "".join(lines)
