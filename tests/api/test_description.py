"""Every operation answers as the OpenAPI document says, whatever a request holds: no 5xx, no undocumented answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.api_kit import crossing, movement, publish, serving, write_camera
from tests.api.measures_kit import incident, measured_report, zone_report

pytest_plugins = ["tests.api.api_fixtures"]

EXAMPLES = os.environ.get("NGATU_FUZZ_EXAMPLES", "10")
"""Requests for each operation and phase; `make fuzz` sends many more."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
ENDLESS = ("/api/v1/events", "/api/v1/cameras/{camera_id}/picture.jpg")
"""Streams, and a picture that takes seconds where there is no camera; other tests read them."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_request_gets_an_undocumented_answer(redis_url: str, sqlite_url: str, tmp_path: Path) -> None:
    cameras = tmp_path / "cameras"
    write_camera(cameras)
    publish(redis_url, crossing(), movement(), measured_report(), zone_report(), incident())
    with serving(redis_url, sqlite_url, cameras) as service:
        command = [str(Path(sys.executable).parent / "st"), "run", f"{service.url}/api/v1/openapi.json"]
        command += [
            "--checks",
            ",".join(CHECKS),
            "--max-examples",
            EXAMPLES,
            "--generation-deterministic",
            "--no-color",
        ]
        for path in ENDLESS:
            command += ["--exclude-path", path]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "background task failed" not in service.log.read_text()
