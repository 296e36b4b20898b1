"""The `ngatu` command: readable errors, and each side runs without the packages of the other."""

import subprocess
import sys

import pytest

RUN = """\
import sys
for name in {absent!r}: sys.modules[name] = None
sys.argv = {arguments!r}
from vision.cli import main
main()
"""


def run(*arguments: str, absent: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run `ngatu ARGUMENTS` as on a machine without some packages."""
    script = RUN.format(absent=absent, arguments=["ngatu", *arguments])
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


WORKERS = ("numpy", "cv2", "av", "onnx", "onnxruntime", "trackers")
SERVICES = ("fastapi", "sqlalchemy", "alembic", "uvicorn", "starlette")


def test_help_names_every_command() -> None:
    output = run("--help").stdout
    for command in ("bench", "cameras", "check", "count", "demo", "models", "samples", "serve", "work"):
        assert command in output


@pytest.mark.parametrize(
    ("command", "absent"),
    [(("serve", "--help"), WORKERS), (("work", "--help"), SERVICES), (("count", "--help"), SERVICES)],
)
def test_each_side_runs_without_the_packages_of_the_other(command: tuple[str, ...], absent: tuple[str, ...]) -> None:
    done = run(*command, absent=absent)
    assert done.returncode == 0, done.stderr


def test_a_command_with_missing_packages_says_how_to_install_them() -> None:
    done = run("serve", absent=SERVICES)
    assert done.returncode == 1
    assert "ngatu[all]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_service_imports_without_the_workers_packages() -> None:
    script = f"import sys\nfor name in {WORKERS!r}: sys.modules[name] = None\nimport api.app, api.commands.server"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_an_expected_error_is_one_sentence() -> None:
    done = run("count", "nowhere.mp4")
    assert done.returncode == 1
    assert "nowhere.mp4" in done.stderr
    assert "Traceback" not in done.stderr
