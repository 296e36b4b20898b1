"""The tool itself: its errors are sentences, and each side runs without the other's packages."""

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
    """`ngatu ARGUMENTS` as on a machine that lacks some packages."""
    script = RUN.format(absent=absent, arguments=["ngatu", *arguments])
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


WORKERS = ("numpy", "cv2", "av", "onnx", "onnxruntime", "trackers")
SERVICES = ("fastapi", "sqlalchemy", "alembic", "uvicorn", "starlette")


def test_help_names_every_command() -> None:
    said = run("--help").stdout
    for command in ("bench", "cameras", "check", "count", "demo", "models", "samples", "serve", "work"):
        assert command in said


@pytest.mark.parametrize(
    ("command", "absent"),
    [(("serve", "--help"), WORKERS), (("work", "--help"), SERVICES), (("count", "--help"), SERVICES)],
)
def test_each_side_is_there_without_the_other_s_packages(command: tuple[str, ...], absent: tuple[str, ...]) -> None:
    done = run(*command, absent=absent)
    assert done.returncode == 0, done.stderr


def test_a_command_whose_packages_are_absent_says_how_to_get_them() -> None:
    done = run("serve", absent=SERVICES)
    assert done.returncode == 1
    assert "ngatu[all]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_service_s_code_runs_without_the_worker_s_packages() -> None:
    script = f"import sys\nfor name in {WORKERS!r}: sys.modules[name] = None\nimport api.app, api.commands.server"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_an_error_meant_for_people_is_one_sentence() -> None:
    done = run("count", "nowhere.mp4")
    assert done.returncode == 1
    assert "nowhere.mp4" in done.stderr
    assert "Traceback" not in done.stderr
