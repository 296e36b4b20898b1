"""Finds or installs SUMO in a Python environment of its own."""

import os
import venv
from pathlib import Path

from vision.common import child_process
from vision.common.errors import NgatuError
from vision.common.paths import cache_dir
from vision.common.progress import Report

VERSION = "1.28.0"
PACKAGES = (f"eclipse-sumo=={VERSION}", f"libsumo=={VERSION}")
MEGABYTES = 260
TIMEOUT_S = 1200.0


def sumo_python(report: Report, given: Path | None = None) -> Path:
    """An interpreter that has SUMO: the given one, or one in the cache folder, where SUMO is installed at first use.

    Raises:
        NgatuError: the given interpreter has no libsumo, or SUMO cannot be installed.
    """
    if given is not None:
        _check_libsumo(given)
        return given
    folder = cache_dir("bench") / f"sumo-{VERSION}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "ready"
    if not ready.is_file():
        report(f"installing SUMO {VERSION} into {folder} (about {MEGABYTES} MB, once)", 0, None)
        venv.create(folder, with_pip=True, clear=True)
        _install(python)
        _check_libsumo(python)
        ready.touch()
    return python


def netconvert(python: Path) -> Path:
    """SUMO's network builder in the interpreter's environment."""
    return python.with_name("netconvert.exe" if os.name == "nt" else "netconvert")


def _install(python: Path) -> None:
    finished = _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES])
    if finished.exit_code:
        raise NgatuError(
            f"SUMO could not be installed: {finished.reason}; the package registry must be reachable once. "
            f"Or make an environment with {' and '.join(PACKAGES)} yourself, and pass its python by --python"
        )


def _check_libsumo(python: Path) -> None:
    try:
        finished = _run([python, "-c", "import libsumo; print(libsumo.__version__)"])
    except OSError as error:
        raise NgatuError(f"{python}: {error.strerror}; name a python that has libsumo by --python") from error
    if finished.exit_code:
        raise NgatuError(f"{python} has no libsumo: install {' and '.join(PACKAGES)} there, or leave --python out")


def _run(command: list[str | Path]) -> child_process.Finished:
    try:
        return child_process.run(command, timeout_s=TIMEOUT_S)
    except child_process.ChildTimeoutError as error:
        raise NgatuError(f"SUMO's installation did not end within {TIMEOUT_S / 60:.0f} min") from error
