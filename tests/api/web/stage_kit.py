"""A service with a browser, and checks of its page."""

from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page

from tests.api.web.web_kit import Camera, Service, write_cameras

DESK, PHONE, SMALL_PHONE = (1440, 900), (390, 844), (360, 640)


@dataclass
class Stage:
    """A service, and a browser that opens its page."""

    service: Service
    browser: Browser
    redis_url: str

    def camera(self, camera_id: str, **options: object) -> Camera:
        return Camera(self.redis_url, camera_id, **options)  # type: ignore[arg-type]

    def context(self, size: tuple[int, int] = DESK, **options: object) -> BrowserContext:
        viewport = {"width": size[0], "height": size[1]}
        return self.browser.new_context(viewport=viewport, **{"locale": "en-GB", **options})  # type: ignore[arg-type]

    def open(self, size: tuple[int, int] = DESK, path: str = "", **options: object) -> Page:
        page = self.context(size, **options).new_page()
        page.complaints = collect_complaints(page)  # type: ignore[attr-defined]
        page.goto(self.service.url + path)
        return page


def collect_complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if line.type in {"error", "warning"} else None)
    return found


def start(stage: Stage, *camera_ids: str) -> None:
    write_cameras(stage.service.folder / "cameras", *camera_ids)
    stage.service.start()


def has_colour(page: Page, rgb: tuple[int, int, int]) -> bool:
    """Whether the first canvas shows this colour."""
    script = """([r, g, b]) => {
      const canvas = document.querySelector("canvas")
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === r && data[i + 1] === g && data[i + 2] === b) return true
      return false
    }"""
    return bool(page.evaluate(script, list(rgb)))


def overflow(page: Page) -> int:
    """Pixels that the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
