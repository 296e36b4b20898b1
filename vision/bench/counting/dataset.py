"""Clips whose crossings were counted by people: which they are, and what counts as right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.config.lines import LineConfig
from vision.core import NgatuError

ALREADY_IN = ("start_straddle_included", "end_straddle_included")
PERHAPS = ("start_straddle", "end_straddle", "cut_by_top_edge")


@dataclass(frozen=True, slots=True)
class CountedClip:
    """One clip, its line, and how many vehicles crossed it, both directions together.

    Whether a vehicle that stands on the line when the clip begins or ends has crossed it depends on the point of the
    vehicle one looks at, so the truth is a range:

    - `true_low` = definite - those of the definite that stand on the line (`start_straddle_included`,
      `end_straddle_included`),
    - `true_high` = definite + those that stand on it and are not among the definite (`start_straddle`, `end_straddle`)
      + those of which the picture's edge shows a part only (`cut_by_top_edge`).

    The manifest's `uncertainty` is no part of it.
    """

    file: Path
    line: LineConfig
    definite: int
    true_low: int
    true_high: int

    def error_of(self, counted: int) -> int:
        """How far a count lies outside the true range; 0 inside."""
        return max(self.true_low - counted, counted - self.true_high, 0)


def read_manifest(manifest: Path, clips: Path | None = None) -> list[CountedClip]:
    """The clips of a manifest that have `truth.line_count`. Files lie in `clips`, else beside the manifest.

    Raises NgatuError where the manifest is not one, or clips are missing.
    """
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
        counted = [c for c in listed if "line_count" in c.get("truth", {})]
        found = [counted_clip(c["file"], c["truth"]["line_count"], clips or manifest.parent) for c in counted]
    except OSError as error:
        raise NgatuError(f"{manifest}: it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NgatuError(
            f"{manifest}: it is not a manifest of clips ({type(error).__name__}: {error}); wanted is "
            '{"clips": [{"file": …, "truth": {"line_count": {"line": [x0, y0, x1, y1], "directions": …}}}]}'
        ) from error
    _check_files(manifest, found)
    return found


def counted_clip(file: str, truth: Mapping[str, Any], folder: Path) -> CountedClip:
    """A clip by its `truth.line_count`."""
    x0, y0, x1, y1 = truth["line"]
    directions = truth["directions"].values()
    definite = sum(d["definite"] for d in directions)
    return CountedClip(
        file=folder / file,
        line=LineConfig(id="line", start=(x0, y0), end=(x1, y1)),
        definite=definite,
        true_low=definite - sum(d.get(key, 0) for d in directions for key in ALREADY_IN),
        true_high=definite + sum(d.get(key, 0) for d in directions for key in PERHAPS),
    )


def _check_files(manifest: Path, clips: list[CountedClip]) -> None:
    if not clips:
        raise NgatuError(f"{manifest}: none of its clips has truth.line_count")
    missing = [c.file for c in clips if not c.file.is_file()]
    if missing:
        names = ", ".join(f.name for f in missing)
        raise NgatuError(f"{manifest}: not in {missing[0].parent}: {names}; name the clips' folder by --clips")
