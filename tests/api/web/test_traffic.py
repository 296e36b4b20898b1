"""Traffic and incidents on the page, in a real browser, published as workers do."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.api.web.stage_kit import PHONE, SMALL_PHONE, Stage, has_colour, overflow, start
from tests.api.web.web_kit import traffic
from vision.contracts import CongestionLevel, IncidentKind, IncidentPhase, LiveIncident, PictureCondition

pytestmark = pytest.mark.browser
pytest_plugins = ["tests.api.web.stage_fixtures"]

CONGESTED_RGB, BAD_RGB = (255, 147, 64), (255, 85, 102)
STORED_MS = 15_000
"""The page requests stored incidents every 10 s."""
STOPPED = LiveIncident(incident_id="incident-1", incident_kind=IncidentKind.STOPPED_VEHICLE, place=(0.5, 0.5))


def rows(page: Page, within: str = ".panel.incidents") -> "Iterator[str]":
    return (row.get_attribute("data-incident") or "" for row in page.locator(f"{within} li").all())


def test_a_zone_shows_its_level_and_a_line_its_flow(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north", traffic=traffic()).reporting() as camera:
        page = stage.open(locale="vi-VN")
        zone = page.locator('.zones [data-zone="approach"]')
        expect(zone).to_contain_text("Nhánh bắc")
        expect(zone.locator(".level")).to_have_text("Ùn ứ")
        expect(zone.locator(".figures-now")).to_have_text("14 xe31 % tốc độchờ 7")
        expect(page.locator(".flow-now")).to_contain_text("840 xe/h, 302 xcqđ/h")
        expect(page.locator(".latency")).to_be_visible()
        assert has_colour(page, CONGESTED_RGB)
        for level, text in (
            (CongestionLevel.FREE, "Thông thoáng"),
            (CongestionLevel.DENSE, "Đông, chậm"),
            (CongestionLevel.JAMMED, "Ùn tắc"),
            (None, "Chưa đủ dữ liệu"),
        ):
            camera.traffic = traffic(level)
            expect(zone.locator(".level")).to_have_text(text)
        assert page.complaints == []  # type: ignore[attr-defined]


def test_speeds_are_in_kmh_only_for_a_calibrated_camera(stage: Stage) -> None:
    start(stage, "north")
    reported = traffic()
    zone = reported.zones[0].model_copy(update={"speed_kmh": 11.6, "queue_length_m": 48.0})
    with stage.camera("north", traffic=reported.model_copy(update={"zones": (zone,)})).reporting() as camera:
        page = stage.open(path="#camera/north")
        table = page.get_by_role("dialog").get_by_role("table", name="Traffic now")
        cells = table.get_by_role("row", name=re.compile("Nhánh bắc")).get_by_role("cell")
        expect(cells).to_have_text(["14", "41 %", "12 km/h", "7, 48 m"])
        camera.traffic = traffic()
        expect(cells).to_have_text(["14", "41 %", "31 %", "7"])
        camera.publish_crossing(speed_kmh=41.4)
        expect(page.locator(".ticker li")).to_contain_text("41 km/h")
        camera.publish_crossing()
        expect(page.locator(".ticker li").filter(has_text="km/h")).to_have_count(1)


def test_an_incident_is_shown_first_in_list_and_picture_until_it_ends(
    stage: Stage,
) -> None:
    start(stage, "north")
    with stage.camera("north", traffic=traffic()).reporting() as camera:
        page = stage.open()
        expect(page.locator(".panel.incidents")).to_contain_text("No open incidents.")
        expect(page.locator(".latency")).to_be_visible()
        camera.publish_incident(
            "slow", incident_kind=IncidentKind.CONGESTION, facts={"zone": "Nhánh bắc", "level": "jammed"}
        )
        camera.publish_incident()
        camera.shown_incidents = (STOPPED,)
        row = page.locator('[data-incident="incident-1"]')
        expect(row).to_contain_text("Stopped vehicle")
        expect(row).to_contain_text("Nhánh bắc · Ngã tư north")
        expect(row).to_contain_text("80 % confidence")
        expect(row.locator(".reason")).to_have_text(
            "Car stopped in Nhánh bắc for 1 min while traffic moves at 40 % of its free-flow speed"
        )
        expect(row.locator("time")).to_contain_text("(1 min)")
        expect(page.locator('[data-incident="slow"] .reason')).to_have_text("Jammed")
        expect(page.get_by_role("link", name="2 open: go to the list")).to_have_text("2")
        expect(page.locator('.tile[data-urgency="bad"]')).to_be_visible()
        expect(page.get_by_role("status").filter(has_text="New incident: Stopped vehicle")).to_have_count(1)
        page.wait_for_timeout(500)
        assert has_colour(page, BAD_RGB)

        now = datetime.now(UTC)
        camera.publish_incident(sequence=1, phase=IncidentPhase.ENDED, ended_at=now)
        expect(row).to_have_attribute("data-phase", "ended")
        expect(row).to_contain_text("ended")
        assert list(rows(page)) == ["slow", "incident-1"]
        expect(page.locator('.tile[data-urgency="bad"]')).to_be_hidden()
        assert page.complaints == []  # type: ignore[attr-defined]


def test_a_stored_incident_is_shown_and_ends_when_a_new_session_begins(stage: Stage) -> None:
    start(stage, "north")
    with stage.camera("north", session="session-1").reporting() as camera:
        camera.publish_incident()
        page = stage.open(locale="vi-VN")
        row = page.locator('[data-incident="incident-1"]')
        expect(row).to_contain_text("Xe dừng trên đường", timeout=STORED_MS)
        expect(row.locator(".reason")).to_have_text(
            "Ô tô con dừng ở Nhánh bắc đã 1 phút trong khi dòng xe chạy 40 % tốc độ thông thoáng"
        )
    expect(row).to_contain_text("Không được giám sát", timeout=STORED_MS)
    with stage.camera("north", session="session-2").reporting() as camera:
        camera.publish_crossing()
        expect(row).to_contain_text("không được giám sát từ", timeout=STORED_MS)
        expect(page.locator(".panel.incidents")).to_contain_text("Không có sự cố nào đang mở.")


def test_an_incident_opens_its_camera_by_keyboard(stage: Stage) -> None:
    start(stage, "north", "south")
    with stage.camera("south").reporting() as camera:
        camera.publish_incident(incident_kind=IncidentKind.WRONG_WAY, facts={})
        page = stage.open()
        button = page.get_by_role("button", name="Wrong way, Ngã tư south: open the camera")
        expect(button).to_be_visible(timeout=STORED_MS)
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Ngã tư south")
        expect(dialog.locator("[data-incident]")).to_contain_text("Wrong way")
        expect(dialog.locator("[data-incident] .reason")).to_have_text(re.compile("a car has stopped in zone"))
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()


def test_conditions_and_a_moved_camera_are_shown_on_the_picture(stage: Stage) -> None:
    start(stage, "north")
    seen = traffic(picture=(PictureCondition.NIGHT, PictureCondition.RAIN))
    with stage.camera("north", traffic=seen).reporting() as camera:
        page = stage.open(locale="vi-VN")
        conditions = page.locator(".conditions")
        expect(conditions.locator(".condition")).to_have_text("Hình: Đêm, Mưa")
        expect(conditions.locator(".level")).to_have_text("Ùn ứ")
        camera.traffic = traffic(None, picture=(PictureCondition.MOVED,), is_suspended=True)
        expect(conditions.get_by_role("status")).to_have_text(
            "Camera bị xê dịch: các vạch đếm và vùng giám sát tạm ngừng hoạt động"
        )
        camera.traffic = traffic()
        expect(conditions.get_by_role("status")).to_be_hidden()


def test_on_a_phone_incidents_come_first_and_nothing_scrolls_sideways(stage: Stage) -> None:
    start(stage, "north")
    seen = traffic(picture=tuple(PictureCondition), is_suspended=True)
    with stage.camera("north", traffic=seen, shown_incidents=(STOPPED,)).reporting() as camera:
        camera.publish_incident()
        for size, locale in ((PHONE, "en-GB"), (SMALL_PHONE, "vi-VN")):
            page = stage.open(size, locale=locale, has_touch=True, is_mobile=True)
            expect(page.locator(".latency")).to_be_visible()
            expect(page.locator(".panel.incidents li")).to_have_count(1, timeout=STORED_MS)
            assert overflow(page) == 0
            tops = [page.locator(what).bounding_box() for what in (".panel.incidents", ".tile", ".panel.ticker")]
            places = [box["y"] for box in tops if box]
            assert places == sorted(places)
            page.locator(".panel.incidents .open").tap()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert overflow(page) == 0
