"""A peer beside us: Ultralytics' ObjectCounter on the same clip and model, in the same run on the same machine."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vision.bench.counting.dataset import CountedClip
from vision.core import NgatuError

SCRIPT = Path(__file__).with_name("objectcounter_script.py")


@dataclass(frozen=True, slots=True)
class PeerCount:
    """What the peer counted, in both directions, and how long it took."""

    counted: int
    frames: int
    wall_s: float
    cpu_s: float
    """Processor time, all threads together."""


def run_objectcounter(python: Path, clip: CountedClip, model: Path) -> PeerCount:
    """Count a clip with ObjectCounter in the environment of `python`, where `ultralytics` is installed.

    Raises NgatuError with the peer's last words when it fails.
    """
    line = ",".join(str(part) for part in (*clip.line.start, *clip.line.end))
    try:
        done = subprocess.run(  # noqa: S603
            [python, SCRIPT, clip.file.resolve(), model.resolve(), line],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"},
        )
        answer = json.loads(done.stdout.splitlines()[-1])
    except OSError as error:
        raise NgatuError(
            f"{python}: it cannot be started ({error.strerror}); name the peer's python by --python"
        ) from error
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout).strip().splitlines()[-1:]
        raise NgatuError(f"ObjectCounter failed on {clip.file.name}: {''.join(words)}") from error
    return PeerCount(answer["in"] + answer["out"], answer["frames"], answer["wall_s"], answer["cpu_s"])
