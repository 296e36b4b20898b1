"""SUMO in an environment of its own: found, or made at first use by pip."""

import os
import subprocess
import sys
import venv
from pathlib import Path

from vision.common.errors import NgatuError
from vision.common.paths import cache_dir
from vision.common.progress import Report

VERSION = "1.28.0"
PACKAGES = (f"eclipse-sumo=={VERSION}", f"libsumo=={VERSION}")
MEGABYTES = 260
TIMEOUT_S = 1200


def sumo_python(report: Report, given: Path | None = None) -> Path:
    """The interpreter that has SUMO: the one given, or that of an environment in the cache, made where it is absent."""
    if given is not None:
        _must_have_sumo(given)
        return given
    folder = cache_dir("bench") / f"sumo-{VERSION}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "ready"
    if not ready.is_file():
        report(f"installing SUMO {VERSION} into {folder} (about {MEGABYTES} MB, once)", 0, None)
        venv.create(folder, with_pip=True, clear=True)
        _install(python)
        _must_have_sumo(python)
        ready.touch()
    return python


def netconvert(python: Path) -> Path:
    """The program that makes networks, in the interpreter's environment."""
    return python.with_name("netconvert.exe" if os.name == "nt" else "netconvert")


def _install(python: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    answer = _run(command)
    if answer.returncode:
        raise NgatuError(
            f"SUMO could not be installed: {_last_line(answer.stderr)}; the package registry must be reachable once. "
            f"Elsewhere, make an environment with {' and '.join(PACKAGES)}, and name its python by --python"
        )


def _must_have_sumo(python: Path) -> None:
    try:
        found = _run([str(python), "-c", "import libsumo; print(libsumo.__version__)"])
    except OSError as error:
        raise NgatuError(f"{python}: {error.strerror}; name a python that has libsumo by --python") from error
    if found.returncode:
        raise NgatuError(f"{python} has no libsumo: install {' and '.join(PACKAGES)} there, or leave --python out")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NgatuError(
            f"{Path(sys.executable).name}: SUMO's installation was not done in {TIMEOUT_S // 60} min"
        ) from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "pip gave no reason"
