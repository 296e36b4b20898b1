"""Reads YAML 1.2 as plain maps, lists and values, with the line and column of each for error messages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from vision.config.errors import ConfigError

MAX_DEPTH = 16
"""Levels of nested maps and lists. Configs need five; a file made to exhaust the parser has thousands."""

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """Which characters of the text a value takes up, `end` excluded."""

    start: int
    end: int
    is_block: bool
    """A map or list written over lines, not in brackets."""


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a file, and where each part of it is written."""

    data: Any
    values: dict[KeyPath, Mark] = field(repr=False)
    keys: dict[KeyPath, Mark] = field(repr=False)
    spans: dict[KeyPath, Span] = field(repr=False)
    key_starts: dict[KeyPath, int] = field(repr=False)
    """Where in the text each key starts."""


def parse(text: str, path: Path) -> Document:
    """Read `text`, which came from `path`, as plain data.

    Anchors, aliases, tags, several documents and duplicate keys are refused. Raises ConfigError with the first mistake.
    """
    return _Builder(text, path).document()


class _Builder:
    def __init__(self, text: str, path: Path) -> None:
        self._text = text
        self._path = path
        self._values: dict[KeyPath, Mark] = {}
        self._keys: dict[KeyPath, Mark] = {}
        self._spans: dict[KeyPath, Span] = {}
        self._key_starts: dict[KeyPath, int] = {}

    def document(self) -> Document:
        try:
            events = YAML(typ="safe", pure=True).parse(self._text)
            data = self._stream(events)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
            self._refuse(*_syntax(error), at)
        except ReaderError as error:
            at = self._place(error.position)
            self._refuse("a character that text files do not hold", "delete it, or save the file as plain UTF-8", at)
        except YAMLError as error:
            self._refuse(str(error), "write plain YAML", Mark(1, 1))
        return Document(data, self._values, self._keys, self._spans, self._key_starts)

    def _stream(self, events: Iterator[Event]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._refuse("a directive (`%...`)", "delete it: files here are YAML 1.2", Mark(1, 1))
                if documents > 1:
                    self._refuse("a second document (`---`)", "write one file for each", _mark(event))
                data = self._node(next(events), events, ())
            elif not isinstance(event, StreamStartEvent | DocumentEndEvent | StreamEndEvent):
                self._refuse("text outside of the document", "delete it", _mark(event))
        return data

    def _node(self, event: Event, events: Iterator[Event], at: KeyPath) -> Any:
        self._check_plain(event)
        self._values[at] = _mark(event)
        if len(at) > MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} levels deep", "write it flatter", _mark(event))
        start = event.start_mark.index
        if isinstance(event, MappingStartEvent):
            mapping, end = self._mapping(events, at)
            self._spans[at] = Span(start, end, not event.flow_style)
            return mapping
        if isinstance(event, SequenceStartEvent):
            items, end = self._sequence(events, at)
            self._spans[at] = Span(start, end, not event.flow_style)
            return items
        if not isinstance(event, ScalarEvent):
            self._refuse("neither a map, a list nor a value", "write plain YAML", _mark(event))
        self._spans[at] = Span(start, event.end_mark.index, is_block=False)
        return event.value if event.style else plain_value(event.value)

    def _mapping(self, events: Iterator[Event], at: KeyPath) -> tuple[dict[str, Any], int]:
        mapping: dict[str, Any] = {}
        end = 0
        for event in events:
            if isinstance(event, MappingEndEvent):
                end = max(end, event.end_mark.index if self._text[event.start_mark.index : event.end_mark.index] else 0)
                break
            key = self._key(event, mapping, at)
            here = (*at, key)
            value = next(events)
            mapping[key] = self._node(value, events, here)
            if mapping[key] is None and value.start_mark.index == value.end_mark.index:
                self._mark_absent_value(here, event)
            end = max(end, self._spans[here].end)
        return mapping, end

    def _key(self, event: Event, mapping: dict[str, Any], at: KeyPath) -> str:
        self._check_plain(event)
        if not isinstance(event, ScalarEvent):
            self._refuse("a map or a list as a key", "a key is plain text", _mark(event), at)
        here = (*at, str(event.value))
        if event.value in mapping:
            remedy = f"it is in line {self._keys[here].line} already: keep one"
            self._refuse("the key is written twice", remedy, _mark(event), here)
        self._keys[here] = _mark(event)
        self._key_starts[here] = event.start_mark.index
        return str(event.value)

    def _mark_absent_value(self, at: KeyPath, key: Event) -> None:
        """The parser places an absent value where the next token starts; error messages place it at its key."""
        behind = self._text.find(":", key.end_mark.index) + 1
        self._values[at] = _mark(key)
        self._spans[at] = Span(behind, behind, is_block=False)

    def _sequence(self, events: Iterator[Event], at: KeyPath) -> tuple[list[Any], int]:
        items: list[Any] = []
        end = 0
        for event in events:
            if isinstance(event, SequenceEndEvent):
                end = max(end, event.end_mark.index if self._text[event.start_mark.index : event.end_mark.index] else 0)
                break
            here = (*at, len(items))
            items.append(self._node(event, events, here))
            end = max(end, self._spans[here].end)
        return items, end

    def _check_plain(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            self._refuse("an alias (`*name`)", "write the value itself, in quotes if it starts with `*`", _mark(event))
        if isinstance(event, NodeEvent) and event.anchor:
            self._refuse("an anchor (`&name`)", "delete it; a value that starts with `&` goes in quotes", _mark(event))
        if getattr(event, "tag", None):
            self._refuse("a tag (`!name`)", "delete it; a value that starts with `!` goes in quotes", _mark(event))

    def _place(self, position: int) -> Mark:
        before = self._text[:position]
        return Mark(before.count("\n") + 1, position - before.rfind("\n"))

    def _refuse(self, message: str, remedy: str, at: Mark, key: KeyPath = ()) -> NoReturn:
        raise ConfigError.single(
            message, remedy, path=self._path, line=at.line, column=at.column, key=dotted(key)
        ) from None


def dotted(key: KeyPath) -> str:
    """`("lines", 0, "end")` as `lines.0.end`."""
    return ".".join(str(part)[:60] for part in key)


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda _: float("nan")),
)
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_value(text: str) -> str | int | float | bool | None:
    """What an unquoted value means by YAML 1.2's core schema: `no` is text, `0o17` is fifteen, `017` is seventeen."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    for pattern, read in _NUMBERS:
        if pattern.fullmatch(text):
            return read(text)
    return text


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


_SYNTAX_ERRORS = (
    ("character '\\t'", "a tab", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a second `: ` in a line, or a line that is indented wrongly",
        "put a value that holds `: ` in quotes",
    ),
    ("quoted scalar", "a quote that is not closed", "close it"),
    ("a flow ", "a bracket that is not closed, or a comma that is missing", "write [0.1, 0.2]"),
    ("found '}'", "a bracket too many", "delete it"),
    ("found ']'", "a bracket too many", "delete it"),
    ("<document start>", "a line that does not fit in with those above it", "indent alike what belongs together"),
    ("expected <block end>", "a line that does not fit in with those above it", "indent alike what belongs together"),
    ("could not find expected ':'", "a key without `:`", "write `key: value`"),
)
"""Part of the parser's message, what is wrong in the file, and the remedy."""


def _syntax(error: MarkedYAMLError) -> tuple[str, str]:
    text = f"{error.context} {error.problem}"
    for part, message, remedy in _SYNTAX_ERRORS:
        if part in text:
            return message, remedy
    return str(error.problem or error.context), "write plain YAML; put a value with special characters in quotes"
