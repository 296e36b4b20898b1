"""Runs Ultralytics' ObjectCounter, the peer, on a clip in its own Python environment."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from vision.bench.counting.dataset import CountedClip
from vision.common import child_process
from vision.common.errors import NgatuError

SCRIPT = Path(__file__).with_name("objectcounter_script.py")


@dataclass(frozen=True, slots=True)
class PeerCount:
    """The peer's count in both directions, and its time."""

    counted: int
    frames: int
    wall_s: float
    cpu_s: float
    """Processor time, all threads together."""


def run_objectcounter(python: Path, clip: CountedClip, model: Path) -> PeerCount:
    """Count a clip with ObjectCounter in the environment of `python`, where `ultralytics` is installed.

    Raises:
        NgatuError: it cannot be started, or fails; with the last line of its output.
    """
    line = ",".join(str(part) for part in (*clip.line.start, *clip.line.end))
    try:
        finished = child_process.run(
            [python, SCRIPT, clip.file.resolve(), model.resolve(), line],
            environment={**os.environ, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"},
        )
    except OSError as error:
        raise NgatuError(
            f"{python}: it cannot be started ({error.strerror}); name the peer's python by --python"
        ) from error
    if finished.exit_code:
        reason = child_process.last_line(finished.stderr or finished.stdout)
        raise NgatuError(f"ObjectCounter failed on {clip.file.name}: {reason}")
    answer = json.loads(finished.stdout.splitlines()[-1])
    return PeerCount(answer["in"] + answer["out"], answer["frames"], answer["wall_s"], answer["cpu_s"])
