"""Reads clips whose line crossings people have counted, with the range of correct counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.config.lines import LineConfig
from vision.core import NgatuError

INCLUDED = ("start_straddle_included", "end_straddle_included")
UNCERTAIN = ("start_straddle", "end_straddle", "cut_by_top_edge")


@dataclass(frozen=True, slots=True)
class CountedClip:
    """A clip, its line, and the number of vehicles that crossed it in both directions together.

    A vehicle that is on the line in the first or last frame has crossed it or not, depending on the anchor point. The
    truth is therefore a range:

    - `true_low` = definite - those of them on the line (`start_straddle_included`, `end_straddle_included`)
    - `true_high` = definite + others on the line (`start_straddle`, `end_straddle`) + vehicles truncated by the image's
      edge (`cut_by_top_edge`).

    The manifest's `uncertainty` is not used.

    Examples:
        >>> truth = {"line": [0, 0.5, 1, 0.5], "directions": {"up": {"definite": 5, "start_straddle": 2}}}
        >>> clip = counted_clip("road.mp4", truth, Path())
        >>> [clip.error_of(counted) for counted in (4, 5, 7, 10)]
        [1, 0, 0, 3]
    """

    file: Path
    line: LineConfig
    definite: int
    true_low: int
    true_high: int

    def error_of(self, counted: int) -> int:
        """The distance of a count to the true range; 0 inside."""
        return max(self.true_low - counted, counted - self.true_high, 0)


def read_manifest(manifest: Path, clips: Path | None = None) -> list[CountedClip]:
    """Read the clips of a manifest that have `truth.line_count`; files are in `clips`, by default beside it.

    Raises:
        NgatuError: the file is not a manifest, or clips are missing.
    """
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
        counted = [c for c in listed if "line_count" in c.get("truth", {})]
        found = [counted_clip(c["file"], c["truth"]["line_count"], clips or manifest.parent) for c in counted]
    except OSError as error:
        raise NgatuError(f"{manifest}: it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NgatuError(
            f"{manifest}: not a manifest of clips ({type(error).__name__}: {error}); expected "
            '{"clips": [{"file": …, "truth": {"line_count": {"line": [x0, y0, x1, y1], "directions": …}}}]}'
        ) from error
    _check_files(manifest, found)
    return found


def counted_clip(file: str, truth: Mapping[str, Any], folder: Path) -> CountedClip:
    """The clip of one `truth.line_count`."""
    x0, y0, x1, y1 = truth["line"]
    directions = truth["directions"].values()
    definite = sum(d["definite"] for d in directions)
    return CountedClip(
        file=folder / file,
        line=LineConfig(id="line", start=(x0, y0), end=(x1, y1)),
        definite=definite,
        true_low=definite - sum(d.get(key, 0) for d in directions for key in INCLUDED),
        true_high=definite + sum(d.get(key, 0) for d in directions for key in UNCERTAIN),
    )


def _check_files(manifest: Path, clips: list[CountedClip]) -> None:
    if not clips:
        raise NgatuError(f"{manifest}: none of its clips has truth.line_count")
    missing = [c.file for c in clips if not c.file.is_file()]
    if missing:
        names = ", ".join(f.name for f in missing)
        raise NgatuError(f"{manifest}: not in {missing[0].parent}: {names}; name the clips' folder by --clips")
