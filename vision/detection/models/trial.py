"""Tries a model in a process of its own, with limits on time and memory, before anything else loads it."""

import json
import resource
import sys
from pathlib import Path

from vision.common.child_process import ChildTimeoutError, last_line, run
from vision.core import ModelError
from vision.detection.loading import build_detector, locate
from vision.detection.models.cards import PackagedSource, read_card
from vision.detection.models.self_test import run_self_test
from vision.detection.session import Session

LOADS_WITHIN_S = 180.0
"""Loading, and a handful of inferences; the largest detectors take some seconds on a CPU."""
MEMORY_BYTES = 6 << 30
"""Private memory of the process. A detector of 100 million parameters takes about 1 GiB."""


def try_out(model: Path | str, card: Path | None = None) -> None:
    """Load a model and run it on the known picture, in a process that may fail in any way.

    Models that come with ngatu are not tried.

    Args:
        model: a card's name, or the path of an ONNX file.
        card: a card with what the file lacks.

    Raises:
        ModelError: it cannot be loaded or run, takes too long or too much memory; names the file and the reason.
    """
    _, known = locate(model)
    if known is not None and isinstance(known.source, PackagedSource):
        return
    command = [sys.executable, "-m", "vision.detection.models.trial", str(model), *([str(card)] if card else [])]
    try:
        done = run(command, timeout_s=LOADS_WITHIN_S)
    except ChildTimeoutError:
        raise ModelError(
            f"model {model}: it did not load and run within {LOADS_WITHIN_S:.0f} s; it loops, or is too large"
        ) from None
    if done.exit_code == 0:
        return
    try:
        reason = str(json.loads(last_line(done.stdout))["error"])
    except (ValueError, KeyError, TypeError):
        limit = f"more than {MEMORY_BYTES >> 30} GiB of memory, or a fault in its operators"
        reason = f"model {model}: its process ended with code {done.exit_code} ({limit}): {done.reason}"
    raise ModelError(reason)


def main(model: str, card: str | None = None) -> int:
    """Run in the child process: print the error as JSON, and return the exit code."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        file, known = locate(model)
        run_self_test(build_detector(Session(file), read_card(Path(card)) if card else known))
    except ModelError as error:
        print(json.dumps({"error": str(error)}))  # noqa: T201 - the parent reads it
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a file can do to the runtime
        text = str(error).strip().partition("\n")[0] or "no reason given"
        print(json.dumps({"error": f"model {model}: cannot be used: {type(error).__name__}: {text}"}))  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
