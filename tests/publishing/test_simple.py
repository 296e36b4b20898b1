"""Publishing without Redis."""

from pathlib import Path

from tests.publishing.publishing_kit import crossing
from vision.contracts import EVENT
from vision.publishing import JsonlPublisher, MemoryPublisher, Publisher


def test_memory_keeps_events_in_order() -> None:
    publisher: Publisher = MemoryPublisher()
    events = [crossing(n) for n in range(3)]
    for event in events:
        publisher.publish(event)
    publisher.close()
    assert publisher.events == events


def test_a_file_holds_one_event_a_line_and_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"
    events = [crossing(n) for n in range(4)]
    for half in (events[:2], events[2:]):
        publisher: Publisher = JsonlPublisher(path)
        for event in half:
            publisher.publish(event)
        assert [EVENT.validate_json(line) for line in path.read_text().splitlines()][-2:] == half
        publisher.close()
    assert [EVENT.validate_json(line) for line in path.read_text().splitlines()] == events
