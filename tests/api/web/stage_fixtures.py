"""Fixtures of the page's tests: Debian's chromium, and a service."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.api.web.stage_kit import Stage
from tests.api.web.web_kit import Service, write_cameras
from tests.kit.shared_data import needs
from vision.common.ports import free_port

CHROMIUM = Path("/usr/bin/chromium")
DIST = Path(__file__).parents[3] / "api" / "web" / "dist" / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        needs("Debian's chromium is absent: `make system` installs it")
    if not DIST.exists():
        needs("the page is not built: `python hatch_build.py --web` builds it")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def stage(browser: Browser, redis_url: str, tmp_path: Path) -> Iterator[Stage]:
    write_cameras(tmp_path / "cameras")
    service = Service(redis_url, tmp_path, free_port())
    try:
        yield Stage(service, browser, redis_url)
    finally:
        for context in browser.contexts:
            context.close()
        service.kill()
