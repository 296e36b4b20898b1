"""The table of counts that the demonstration shows."""

from collections.abc import Sequence

from rich.table import Table

from vision.demo.service import CameraRow

_STYLES = {"online": "green", "connecting": "yellow"}


def counts_table(cameras: Sequence[CameraRow], *, title: str) -> Table:
    """A table with one row per counting line."""
    table = Table(title=title, title_justify="left")
    for heading in ("camera", "state", "line"):
        table.add_column(heading)
    for heading in ("in", "out"):
        table.add_column(heading, justify="right")
    table.add_column("classes")
    for heading in ("fps", "latency p95"):
        table.add_column(heading, justify="right")
    for camera in cameras:
        style = _STYLES.get(camera.state, "red")
        state = f"[{style}]{camera.state}[/] {camera.reason}".strip()
        for number, line in enumerate(camera.lines):
            first = number == 0
            table.add_row(
                camera.camera_id if first else "",
                state if first else "",
                line.line_id,
                str(line.into),
                str(line.out),
                ", ".join(f"{name} {count}" for name, count in line.by_class.items() if count),
                f"{camera.processed_fps:.1f}" if first else "",
                f"{camera.latency_p95_ms:.0f} ms" if first else "",
            )
    return table


def total(cameras: Sequence[CameraRow]) -> int:
    """Crossings over all lines, both directions."""
    return sum(line.into + line.out for camera in cameras for line in camera.lines)
