"""Routes of cameras, health, metrics and pictures; errors and headers."""

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from api.app import create_app
from api.health import service as health_service
from api.live import service as live_service
from api.settings import ServiceSettings
from api.storage.lag import Lag
from tests.api.api_kit import Running, crossing, eventually, health, publish, report_health, view, write_camera
from vision.config.files import folder
from vision.config.settings import BusSettings
from vision.contracts import CameraHealth, CameraState, keys
from vision.contracts.live import pack
from vision.publishing import LivePublisher, RedisPublisher

pytest_plugins = ["tests.api.api_fixtures"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: these tests do not depend on it."""
    return sqlite_url


async def delete_database(running: Running) -> Path:
    """Delete the database's file; returns its path."""
    await running.services.database.close()
    file = Path(str(running.services.database.url.database))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    return file


async def reported(running: Running, url: str, health: CameraHealth) -> None:
    """Report health as a worker does until the service has received it; then stop."""

    def is_received() -> bool:
        report_health(url, health, expiry_s=0.5)
        return running.services.board.status(health.camera_id).state is health.state

    await eventually(is_received)


async def camera(running: Running, camera_id: str = "nts-01") -> Any:
    answer = await running.client.get(f"/cameras/{camera_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_cameras_configuration_is_shown_without_credentials(running: Running) -> None:
    await eventually(lambda: running.services.board.ids() == ["nts-01"])
    answer = await running.client.get("/cameras")
    assert "hunter" not in answer.text
    assert "admin" not in answer.text
    (one,) = answer.json()["cameras"]
    assert one["source"] == {"kind": "rtsp", "address": "rtsp://10.0.0.7:554/live"}
    assert one["lines"][0]["start"] == [0.1, 0.5]
    (zone,) = one["zones"]
    assert (zone["id"], zone["kind"], zone["signal"]) == ("approach", "carriageway", "lights")
    assert [(signal["id"], signal["known_by"]) for signal in one["signals"]] == [
        ("lights", "controller"),
        ("plan", "timed"),
    ]
    assert one["movements"][0]["entry"] == "north"
    assert one["is_calibrated"] is False
    assert one["counts"]["lines"] == {"north": {"in": 0, "out": 0, "by_class": {}}}


async def test_a_camera_is_lost_without_reports_and_has_the_reported_state_with_them(
    running: Running, redis_url: str
) -> None:
    assert (await camera(running))["health"]["state"] == "lost"
    await reported(running, redis_url, health(state=CameraState.FROZEN))
    seen = (await camera(running))["health"]
    assert (seen["worker_id"], seen["stats"]["inference_ms"]) == ("worker-1", 17.5)
    assert (seen["traffic"]["congestion"], seen["traffic"]["zones"][0]["present"]) == ("dense", 12)
    await eventually(lambda: running.services.board.status("nts-01").state is CameraState.LOST)
    lost = (await camera(running))["health"]
    assert lost["worker_id"] == "worker-1"
    assert lost["since"] == lost["at"] == seen["at"]
    assert lost["stats"]["processed_fps"] == 0
    assert lost["traffic"] is None


async def test_health_reported_before_the_services_start_is_known(running: Running, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(keys.health("nts-01"), health().model_dump_json(), ex=10)
    await eventually(lambda: running.services.board.status("nts-01").state is CameraState.ONLINE)


async def test_a_camera_without_a_file_is_listed_while_a_worker_reports_it(running: Running, redis_url: str) -> None:
    await reported(running, redis_url, health("far-away"))
    assert running.services.board.ids() == ["far-away", "nts-01"]
    assert (await camera(running, "far-away"))["configured"] is False
    await eventually(lambda: running.services.board.ids() == ["nts-01"])


async def test_an_invalid_file_affects_only_its_camera_until_it_is_fixed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "GRACE_S", 0.1)
    path = write_camera(running.cameras, "nts-02")
    good = path.read_text()
    path.write_text(good.replace("[0.9, 0.5]", "[1.9, 0.5]"))
    await eventually(lambda: running.services.board.status("nts-02").state is CameraState.MISCONFIGURED)
    invalid = await camera(running, "nts-02")
    assert invalid["problem"].startswith("nts-02.yaml:9: lines.0.end")
    assert invalid["health"]["reason"] == invalid["problem"]
    path.write_text(good)
    await eventually(lambda: running.services.board.status("nts-02").state is CameraState.LOST)
    assert (await camera(running, "nts-02"))["problem"] is None
    path.unlink()
    await eventually(lambda: running.services.board.ids() == ["nts-01"])


async def test_a_file_that_becomes_invalid_leaves_names_lines_and_counts_in_force(
    running: Running, redis_url: str
) -> None:
    publish(redis_url, crossing())
    await eventually(lambda: running.services.stats.stored == 1)
    before = await camera(running)
    path = running.cameras / "nts-01.yaml"
    path.write_text(path.read_text().replace("[0.9, 0.5]", "[1.9, 0.5]"))
    await eventually(lambda: bool(running.services.files.now.problems))
    now = await camera(running)
    assert now["problem"].startswith("nts-01.yaml:9: lines.0.end")
    assert now["problem"].endswith("the last good version stays in force")
    assert now["health"]["config_error"] == now["problem"]
    assert now["health"]["state"] == "lost", "no worker reports it; its file does not change that"
    kept = ("configured", "name", "lines", "movements", "zones", "signals", "source")
    assert {key: now[key] for key in kept} == {key: before[key] for key in kept}
    assert now["counts"]["lines"] == before["counts"]["lines"]
    metrics = (await running.client.get("http://ngatu.test/metrics")).text
    assert 'ngatu_camera_config_error{camera="nts-01"} 1.0' in metrics


async def test_the_error_that_a_worker_reports_is_shown_beside_the_cameras_state(
    running: Running, redis_url: str
) -> None:
    broken = health().model_copy(update={"config_error": "nts-01.yaml:3: detction: unknown key"})
    await reported(running, redis_url, broken)
    seen = (await camera(running))["health"]
    assert (seen["state"], seen["config_error"]) == ("online", "nts-01.yaml:3: detction: unknown key")


async def test_running_counts_grow_with_stored_crossings(running: Running, redis_url: str) -> None:
    publish(redis_url, crossing(), crossing(direction="out"), crossing(object_class="bus"))
    await eventually(lambda: running.services.stats.stored == 3)
    assert (await camera(running))["counts"]["lines"]["north"] == {
        "in": 2,
        "out": 1,
        "by_class": {"bus": {"in": 1, "out": 0}, "motorcycle": {"in": 1, "out": 1}},
    }


@pytest.mark.parametrize(
    ("path", "status", "kind", "text"),
    [
        ("/cameras/nts-9", 404, "unknown-camera", "there is no camera 'nts-9'; cameras: nts-01"),
        ("/cameras/nts-9/picture.jpg", 404, "unknown-camera", "cameras: nts-01"),
        ("/events?camera=nts-9", 404, "unknown-camera", "cameras: nts-01"),
        ("/events?kind=gossip", 422, "bad-parameter", "'line_crossing'"),
        ("/events?last_event_id=yesterday", 422, "bad-parameter", "'yesterday' is no position"),
        ("/crossings?from=2026-11-20T05:00:00", 422, "bad-parameter", "with its offset: 2026-11-22T08:00:00Z"),
        ("/crossings?from=2026-11-20T05:00:00+07:00", 422, "bad-parameter", "+ written as %2B"),
        ("/crossings?from=2026-11-20T05:00:00Z&to=2026-11-20T04:00:00Z", 422, "bad-parameter", "swap them"),
        ("/crossings?cursor=abc", 422, "bad-parameter", "send `next_cursor`"),
        ("/crossings?limit=0", 422, "bad-parameter", "query.limit"),
        ("/counts?interval=2m", 422, "bad-parameter", "'5m'"),
        ("/counts?interval=1d&tz=Mars/Base", 422, "bad-parameter", "write one as Asia/Ho_Chi_Minh"),
        ("/nothing", 404, "not-found", "GET /api/v1/nothing: not found"),
    ],
)
async def test_an_error_names_the_culprit_and_the_remedy(
    running: Running, path: str, status: int, kind: str, text: str
) -> None:
    answer = await running.client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:ngatu:problem:{kind}"
    assert text in problem["detail"]
    assert problem["instance"] == f"/api/v1{path}".split("?")[0]


async def test_while_the_database_is_away_history_fails_and_live_routes_work(running: Running) -> None:
    (await delete_database(running)).mkdir()
    answer = await running.client.get("/crossings")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "check that it runs" in answer.json()["detail"]
    assert (await running.client.get("/latency")).status_code == 200


async def test_readiness_names_what_fails(running: Running) -> None:
    ready = await running.client.get("http://ngatu.test/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    await delete_database(running)
    failing = await running.client.get("http://ngatu.test/readyz")
    assert failing.status_code == 503
    assert "start `ngatu serve` once" in failing.json()["database"]["reason"]
    assert (await running.client.get("http://ngatu.test/healthz")).json()["status"] == "alive"


async def test_a_service_with_a_large_lag_is_not_ready(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def far_behind(*_: object) -> Lag:
        return Lag(seconds=90, pending=3)

    monkeypatch.setattr(health_service, "stream_lag", far_behind)
    ready = await running.client.get("http://ngatu.test/readyz")
    assert ready.status_code == 503
    store = ready.json()["store"]
    assert (store["lag_s"], store["pending"]) == (90, 3)
    assert "90 s behind, more than 60 s: start another `ngatu serve` beside it" in store["reason"]


async def test_metrics_have_each_camera_and_drop_one_that_is_gone(running: Running, redis_url: str) -> None:
    async def metrics() -> str:
        return (await running.client.get("http://ngatu.test/metrics")).text

    await reported(running, redis_url, health("far-away"))
    publish(redis_url, crossing(), b"{")
    await eventually(lambda: running.services.stats.dead_letters == 1)
    text = await metrics()
    for line in (
        'ngatu_camera_processed_fps{camera="far-away"} 11.9',
        'ngatu_camera_frames_dropped_total{camera="far-away"} 5.0',
        'ngatu_camera_inference_milliseconds{camera="far-away"} 17.5',
        'ngatu_camera_latency_milliseconds{camera="far-away"} 140.0',
        'ngatu_camera_outbox_size{camera="far-away"} 4.0',
        'ngatu_camera_open_incidents{camera="far-away"} 2.0',
        'ngatu_camera_state{camera="far-away",state="online"} 1.0',
        'ngatu_camera_state{camera="nts-01",state="lost"} 1.0',
        "ngatu_store_events_total 1.0",
        "ngatu_store_dead_letters_total 1.0",
        "ngatu_sse_clients 0.0",
        "ngatu_redis_up 1.0",
    ):
        assert line in text.splitlines()
    assert "ngatu_event_delivery_seconds_bucket" in text
    await eventually(lambda: "far-away" not in running.services.board.ids())
    assert "far-away" not in await metrics()


async def test_latency_is_reported_with_its_target(running: Running, redis_url: str) -> None:
    assert (await running.client.get("/latency")).json()["kept"] is None
    await running.services.feed.settled()
    publish(redis_url, crossing())
    await eventually(lambda: running.services.latency.report().received.count == 1)
    latency = (await running.client.get("/latency")).json()
    assert (latency["target_ms"], latency["kept"]) == (1000, True)
    assert latency["delivered"]["count"] == 0
    assert latency["received"]["p95_ms"] < 1000


async def test_a_picture_is_the_next_live_frame(running: Running, redis_url: str) -> None:
    asked = asyncio.ensure_future(running.client.get("/cameras/nts-01/picture.jpg"))
    with redis.Redis.from_url(redis_url) as client:
        await eventually(lambda: client.publish(keys.live_channel("nts-01"), pack(view(), b"\xff\xd8jpeg")) == 1)
        answer = await asked
        assert (answer.headers["content-type"], answer.content) == ("image/jpeg", b"\xff\xd8jpeg")
        assert answer.headers["cache-control"] == "no-store"
        await eventually(lambda: client.publish(keys.live_channel("nts-01"), b"") == 0)


async def test_published_views_events_and_health_reach_their_routes(
    running: Running, redis_url: str, tmp_path: Path
) -> None:
    settings = BusSettings.model_validate({"redis_url": redis_url})
    event = crossing()
    with (
        closing(LivePublisher(settings)) as live,
        closing(RedisPublisher(settings, tmp_path / "out", "w")) as publisher,
    ):
        asked = asyncio.ensure_future(running.client.get("/cameras/nts-01/picture.jpg"))
        await eventually(lambda: live.is_watched("nts-01"))
        live.publish_view(view(), b"\xff\xd8jpeg")
        assert (await asked).content == b"\xff\xd8jpeg"
        publisher.publish(event)
        live.publish_health(health())
        await eventually(lambda: running.services.board.status("nts-01").state is CameraState.ONLINE)
        await eventually(lambda: running.services.stats.stored == 1)
    (item,) = (await running.client.get("/crossings")).json()["items"]
    assert item["event_id"] == event.event_id


async def test_an_unexpected_error_is_a_problem_document_too(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running.services.latency, "report", broken)
    answer = await running.client.get("/latency")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:ngatu:problem:internal-error"
    assert "ZeroDivisionError" in answer.json()["detail"]


async def test_without_a_frame_the_picture_is_a_504(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_service, "PICTURE_TIMEOUT_S", 0.05)
    answer = await running.client.get("/cameras/nts-01/picture.jpg")
    assert answer.status_code == 504
    assert "it is lost, no worker reports it" in answer.json()["detail"]


async def test_the_openapi_document_is_complete(running: Running) -> None:
    spec = (await running.client.get("/openapi.json")).json()
    operations = [o for path in spec["paths"].values() for o in path.values()]
    ids = [o["operationId"] for o in operations]
    assert len(ids) == len(set(ids)) == 20
    for operation in operations:
        assert operation["summary"], operation
        assert len(operation["tags"]) == 1
    assert "application/problem+json" in json.dumps(spec["paths"]["/api/v1/crossings"]["get"]["responses"]["422"])
    assert "Problem" in spec["components"]["schemas"]
    events = {"LineCrossing", "FlowReport", "ZoneReport", "Incident", "CameraStatus"}
    assert events | {"LiveView"} <= spec["components"]["schemas"].keys()


async def test_every_nullable_field_of_the_api_says_what_null_means(running: Running) -> None:
    schemas = (await running.client.get("/openapi.json")).json()["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if {"type": "null"} in described.get("anyOf", []) and "null" not in described.get("description", "")
    ]
    assert silent == []


async def test_other_sites_pages_cannot_read_answers(running: Running) -> None:
    answer = await running.client.get("/cameras", headers={"origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_long_answers_are_compressed(running: Running) -> None:
    answer = await running.client.get("/openapi.json", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


async def test_without_a_built_page_the_root_explains_the_build(running: Running) -> None:
    answer = await running.client.get("http://ngatu.test/")
    assert answer.status_code == 200
    assert "Run `make setup`" in answer.text


async def test_the_built_page_is_served_for_deep_links_too(redis_url: str, sqlite_url: str, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>ngatu</title>")
    (dist / "assets" / "index-1a2b.js").write_text("1")
    settings = ServiceSettings.model_validate(
        {"redis_url": redis_url, "database": sqlite_url, "web": dist, "state": dist, "hosts": ("ngatu.test",)}
    )
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ngatu.test") as client:
        page = {"accept": "text/html"}
        assert "<title>ngatu" in (await client.get("/", headers=page)).text
        assert "<title>ngatu" in (await client.get("/cameras/nts-01", headers=page)).text
        assert (await client.get("/assets/index-1a2b.js")).text == "1"
        assert (await client.get("/api/v1/nothing", headers=page)).status_code == 404
        assert (await client.get("/assets/none.js")).status_code == 404
    await app.state.services.redis.aclose()
    await app.state.services.database.close()
