"""Exports official YOLO weights by the `ultralytics` package (AGPL-3.0, hence optional) in a separate process."""

import os
import sys
from pathlib import Path

from vision.common.child_process import ChildTimeoutError, Finished, run
from vision.common.progress import Report
from vision.core import ModelError

SCRIPT = """
import sys
from pathlib import Path
from ultralytics import YOLO
made = YOLO(sys.argv[1]).export(format="onnx", imgsz=640, dynamic=True, simplify=False)
Path(made).replace(sys.argv[2])
"""
LICENCE = "Ultralytics and its weights are AGPL-3.0"
TIMEOUT_S = 1800


def export_official(weights: str, scratch: Path, report: Report, python: Path | None = None) -> Path:
    """Let `ultralytics` fetch its published weights and export them to ONNX; returns the file in `scratch`.

    `python` is the interpreter of the environment that has it. Default: this one.
    """
    interpreter = str(python or sys.executable)
    _check_has_ultralytics(interpreter)
    file = scratch / "model.onnx"
    report(f"fetching and exporting {weights} ({LICENCE})", 0, None)
    # It would otherwise install packages, send statistics and leave files behind.
    environment = os.environ | {"YOLO_AUTOINSTALL": "False", "YOLO_CONFIG_DIR": str(scratch), "YOLO_VERBOSE": "False"}
    answer = _run([interpreter, "-c", SCRIPT, weights, str(file)], scratch, environment)
    if answer.exit_code or not file.is_file():
        raise ModelError(
            f"weights {weights}: ultralytics could not fetch and export them: {answer.reason}; "
            "this step needs the internet. Elsewhere, export them (`yolo export model="
            f"{weights} format=onnx dynamic=True`) and bring the file here by `ngatu models add FILE`"
        )
    return file


def _check_has_ultralytics(interpreter: str) -> None:
    try:
        found = _run([interpreter, "-c", "import ultralytics, onnx"], Path.cwd(), dict(os.environ))
    except OSError as error:
        raise ModelError(f"python {interpreter}: {error.strerror}; name an interpreter that has ultralytics") from error
    if found.exit_code:
        raise ModelError(
            f"python {interpreter} has no ultralytics, which publishes these weights; install it by "
            f"`pip install 'ngatu[export]'`, or name an environment that has it by --python. {LICENCE}"
        )


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> Finished:
    try:
        return run(command, folder=folder, environment=environment, timeout_s=TIMEOUT_S)
    except ChildTimeoutError as error:
        raise ModelError(f"{command[0]}: ultralytics was not done after {TIMEOUT_S // 60} minutes") from error
