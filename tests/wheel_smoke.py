"""Install the built wheel in an environment of its own, away from the checkout, and use it.

Run as `python tests/wheel_smoke.py dist/ngatu-….whl`. The wheel's dependencies are borrowed from the environment that
runs this, so that only what is in the wheel itself is on trial.
"""

import json
import os
import signal
import site
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

DETECTORS = ("vision/data/models/traffic26n.onnx", "vision/data/models/nanodet_g.onnx")
WANTED = (
    "api/web/dist/index.html",
    "vision/data/models/nanodet_g.yaml",
    *DETECTORS,
    "vision/data/sample_videos/",
    "vision/cli.py",
)
UNWANTED = ("node_modules", "tests/", ".onnx", ".mp4", ".ts", "vision/bench/simulation/")


def look_inside(wheel: Path) -> None:
    """Everything that must be in the wheel is there, and nothing that must not."""
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in WANTED:
        assert any(name.startswith(wanted) for name in names), f"{wheel.name} lacks {wanted}"
    for unwanted in UNWANTED:
        found = [n for n in names if unwanted in n and n not in DETECTORS]
        assert not found, f"{wheel.name} holds {found[:3]}"


def install(wheel: Path, home: Path) -> Path:
    """A new environment with the wheel; returns its `bin` folder."""
    venv.create(home, with_pip=False)
    target = next((home / "lib").glob("python3*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin/python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True)
    (target / "borrowed.pth").write_text("\n".join(p for p in site.getsitepackages() if Path(p).is_dir()))
    return home / "bin"


def fetch(url: str, patience_s: float = 30) -> tuple[int, bytes]:
    """GET, trying again until the service is up."""
    end = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def serve(ngatu: Path, folder: Path) -> None:
    """The service answers and shows the page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--database", f"sqlite:///{folder}/s.db", "--cameras", str(folder)]
    process = subprocess.Popen([ngatu, "serve", *options, "--redis", "redis://127.0.0.1:1/0"], cwd=folder)
    try:
        assert fetch(f"http://127.0.0.1:{port}/healthz")[0] == 200
        status, page = fetch(f"http://127.0.0.1:{port}/")
        assert status == 200, status
        assert b"<html" in page, page[:200]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def main() -> None:
    wheel = Path(sys.argv[1]).resolve()
    look_inside(wheel)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ngatu = install(wheel, folder / "environment") / "ngatu"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}

        def run(*arguments: str) -> str:
            command = [ngatu, *arguments]
            return subprocess.run(command, cwd=folder, env=environment, check=True, text=True, stdout=-1).stdout

        assert run("--version").strip()
        for command in ("models list", "samples list"):
            run(*command.split())
        simulation = subprocess.run(
            [ngatu, "bench", "incidents", "--quick"], cwd=folder, env=environment, text=True, stderr=-1, check=False
        )
        assert simulation.returncode == 1, simulation
        assert "runs from a checkout" in simulation.stderr, simulation.stderr
        assert "Traceback" not in simulation.stderr, simulation.stderr
        clips = sorted((Path.home() / ".cache/ngatu").glob("samples/**/*.mp4"))
        result = json.loads(run("count", str(clips[0]), "--json", "-"))
        assert result["frames"] > 0, result
        (folder / "cameras").mkdir()
        serve(ngatu, folder / "cameras")
    print(f"{wheel.name}: holds what it should, and works; 1 passed, 0 failed")


main()
