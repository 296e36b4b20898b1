"""The page in a real browser, against the real service and a real Redis."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.api.web.stage_kit import PHONE, SMALL_PHONE, Stage, has_colour, overflow, start
from tests.api.web.web_kit import write_cameras
from vision.common.object_class import ObjectClass
from vision.contracts import CameraState, Direction

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.api.web.stage_fixtures"]

MOTORCYCLE_RGB = (245, 166, 35)


def test_a_camera_shows_its_boxes_and_a_crossing_increments_its_counts(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north").reporting() as camera:
        page = stage.open()
        here = page.locator('.tile[data-camera="north"]')
        expect(here.get_by_role("button", name="Open Ngã tư north")).to_be_visible()
        expect(here.locator(".badge")).to_have_text("Online")
        expect(here.get_by_role("img", name=re.compile("Vehicles in view: 1"))).to_be_visible()
        expect(here.locator(".latency")).to_have_attribute("data-target", "met")
        expect(here.locator(".rates")).to_contain_text("12 of 12 fps")
        assert has_colour(page, MOTORCYCLE_RGB)

        for track_id in (7, 8):
            camera.publish_crossing(track_id=track_id)
        camera.publish_crossing(ObjectClass.BUS, Direction.OUT)
        line = here.locator(".lines li")
        expect(line).to_contain_text("Stop line")
        expect(line.locator('[data-direction="in"]')).to_have_text("to the centre 2")
        expect(line.locator('[data-direction="out"]')).to_have_text("out 1")
        row = page.get_by_role("row", name=re.compile("Motorcycle"))
        expect(row.get_by_role("cell")).to_have_text(["2", "0", "2"])
        expect(page.locator(".ticker li")).to_have_count(3)
        expect(page.locator(".figures")).to_contain_text("1 of 1 online")
        page.wait_for_timeout(11_000)  # the service was asked again meanwhile: its sum is the page's
        expect(line.locator('[data-direction="in"]')).to_have_text("to the centre 2")
        assert page.complaints == []  # type: ignore[attr-defined]


def test_the_language_is_the_browsers_until_one_is_chosen_and_stored(stage: Stage) -> None:
    start(stage, "north")
    page = stage.open(locale="vi-VN")
    expect(page.get_by_role("heading", name="Lượt qua vạch mới nhất")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Newest crossings")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Newest crossings")).to_be_visible()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.locator(".badge")).to_have_text("Không được giám sát")


def test_the_theme_is_the_systems_until_one_is_chosen(stage: Stage) -> None:
    start(stage, "north")
    page = stage.open(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    expect(page.locator(".tile")).to_be_visible()
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Theme: as the system").click()
    assert page.evaluate(ground) != dark
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(ground) == dark


def test_nothing_scrolls_sideways_on_a_phone(stage: Stage) -> None:
    start(stage, "north", "south-of-the-old-market-gate-with-a-long-name")
    with stage.camera("north").reporting() as camera:
        camera.publish_crossing()
        for size, locale in ((PHONE, "en-GB"), (SMALL_PHONE, "vi-VN")):
            page = stage.open(size, locale=locale, has_touch=True, is_mobile=True)
            expect(page.locator(".latency").first).to_be_visible()
            expect(page.locator(".ticker li")).to_have_count(1)
            assert overflow(page) == 0
            tops = [box["y"] for box in (t.bounding_box() for t in page.locator(".tile").all()) if box]
            assert len(set(tops)) == 2, "one column"
            page.locator(".tile .open").first.tap()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert overflow(page) == 0
            page.go_back()
            expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_camera_can_be_opened_and_closed_by_keyboard(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north").reporting():
        page = stage.open()
        button = page.get_by_role("button", name="Open Ngã tư north")
        expect(button).to_be_visible()
        for _ in range(10):
            page.keyboard.press("Tab")
            if button.evaluate("element => element === document.activeElement"):
                break
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Ngã tư north")
        expect(dialog.locator(".facts")).to_contain_text("640 × 360")
        expect(dialog.get_by_role("img", name=re.compile("Vehicles in view: 1"))).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
        assert page.complaints == []  # type: ignore[attr-defined]


def test_the_page_reports_a_killed_service_and_catches_up_after_its_restart(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north").reporting() as camera:
        page = stage.open()
        count = page.locator('.lines [data-direction="in"]')
        expect(page.locator(".latency")).to_be_visible()
        camera.publish_crossing()
        expect(count).to_have_text("to the centre 1")

        stage.service.kill()
        expect(page.get_by_role("alert")).to_have_text("The service does not respond.")
        expect(page.locator(".notice.stale")).to_contain_text("Picture is", timeout=10_000)
        expect(page.locator(".latency")).to_be_hidden()
        camera.publish_crossing()
        camera.publish_crossing(direction=Direction.OUT)

        stage.service.start()
        expect(page.locator(".banner")).to_be_hidden(timeout=20_000)
        expect(count).to_have_text("to the centre 2")
        expect(page.locator('.lines [data-direction="out"]')).to_have_text("out 1")
        expect(page.locator(".ticker li")).to_have_count(3)
        expect(page.locator(".latency")).to_be_visible(timeout=15_000)
        page.wait_for_timeout(4_000)  # the service was asked again meanwhile: nothing is counted twice
        expect(count).to_have_text("to the centre 2")


def test_a_camera_in_trouble_shows_the_reason_and_recovers(stage: Stage) -> None:
    start(stage, "north")
    camera = stage.camera("north", state=CameraState.UNAUTHORIZED, reason="the camera answered 401")
    with camera.reporting():
        page = stage.open()
        notice = page.locator(".notice")
        expect(notice).to_contain_text("The camera refuses the user name or password.")
        expect(notice).to_contain_text("the camera answered 401")
        expect(page.locator(".badge")).to_have_text("Password refused")
        camera.state, camera.reason = CameraState.ONLINE, ""
        expect(page.locator(".badge")).to_have_text("Online")
        expect(page.locator(".latency")).to_be_visible()
        camera.pictures = False
        expect(notice).to_contain_text("Picture is", timeout=10_000)
    expect(page.locator(".badge")).to_have_text("Not watched", timeout=15_000)


def test_a_camera_appears_when_its_file_is_added(stage: Stage) -> None:
    start(stage)
    page = stage.open(SMALL_PHONE)
    expect(page.get_by_role("heading", name="No cameras yet")).to_be_visible()
    assert overflow(page) == 0
    expect(page.locator(".empty")).to_contain_text("kind: rtsp")
    write_cameras(stage.service.folder / "cameras", "north")
    expect(page.locator('.tile[data-camera="north"]')).to_be_visible(timeout=15_000)


def test_frames_are_requested_only_for_visible_cameras(stage: Stage) -> None:
    ids = [f"camera-{number:02}" for number in range(12)]
    start(stage, *ids)
    with stage.camera(ids[0]).reporting(), stage.camera(ids[-1]).reporting():
        page = stage.context(PHONE).new_page()
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url.split("/")[-2]))
        page.goto(stage.service.url)
        expect(page.locator(".latency")).to_have_count(1)
        assert ids[0] in sockets
        assert ids[-1] not in sockets
        page.locator(f'.tile[data-camera="{ids[-1]}"]').scroll_into_view_if_needed()
        expect(page.locator(f'.tile[data-camera="{ids[-1]}"] .latency')).to_be_visible()
        assert ids[-1] in sockets


def test_a_hidden_tab_requests_no_frames(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north").reporting():
        page = stage.open()
        expect(page.locator(".latency")).to_be_visible()
        with page.expect_event("websocket", timeout=20_000):
            show(page, "hidden")
            page.wait_for_timeout(3_000)  # longer than a socket lingers
            show(page, "visible")


def show(page: Page, state: str) -> None:
    page.evaluate(
        """state => {
          Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state })
          document.dispatchEvent(new Event("visibilitychange"))
        }""",
        state,
    )
