"""Live cameras, healthy and faulty: each test plays a real RTSP stream on loopback."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.sources.sources_helpers import Consumer, FaultyCamera, camera, clips, rises, streams
from vision.common.ports import free_port
from vision.core import SourceError, SystemClock
from vision.demo.simulator import Access, SimulatedCameras, Stream
from vision.sources import SourceState, open_source, watchdog

__all__ = ["clips", "streams"]

PASSWORD = "s3cret@/:é"


@pytest.fixture
def faulty(streams: dict[str, Stream]) -> FaultyCamera:
    return FaultyCamera(streams["h264"], streams["large"])


@contextmanager
def playing(faulty: FaultyCamera) -> Iterator[str]:
    """The address of this simulated camera."""
    with SimulatedCameras({"cam": faulty.stream}) as cameras:
        yield cameras.urls["cam"]


@contextmanager
def silent_listener() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"rtsp://127.0.0.1:{listener.getsockname()[1]}/cam"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_frames_are_sampled_timed_and_counted(streams: dict[str, Stream], codec: str, transport: str) -> None:
    with (
        SimulatedCameras({"cam": streams[codec]}) as cameras,
        Consumer.of(camera(cameras.urls["cam"], fps=10, transport=transport)) as consumer,
    ):
        consumer.wait_for_frames(30)
        status = consumer.status
        assert status.state is SourceState.ONLINE
        assert (status.codec, status.width_px, status.height_px) == (codec, 320, 180)
        assert status.decode_mode == "software, 1 thread"
        assert status.received_fps == pytest.approx(25, abs=4)
        assert status.frames_received == pytest.approx(consumer.indexes[-1] + 1, abs=3)
        assert consumer.media_times_s[-1] - consumer.media_times_s[0] == pytest.approx(2.9, abs=0.25)
        assert rises(consumer.indexes)
        assert rises(consumer.media_times_s)
        assert 0 <= min(consumer.ages_s) <= sorted(consumer.ages_s)[15] < 0.15
        assert consumer.last is not None
        assert consumer.last.image.shape == (180, 320, 3)
        assert consumer.last.image[60].max() > 200


def test_a_slow_consumer_gets_the_newest_frame_and_latency_stays_bounded(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url, fps=25), busy_s=0.5) as consumer:
        consumer.wait_for_frames(8)
        assert max(consumer.ages_s[1:]) < 0.3
        status = consumer.status
        assert status.frames_dropped > 50
        assert status.received_fps == pytest.approx(25, abs=4)


def test_the_password_comes_from_the_environment_and_is_never_shown(
    streams: dict[str, Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    with SimulatedCameras({"cam": streams["h264"]}, access=Access("root", PASSWORD)) as cameras:
        url = f"rtsp://root:${{CAMERA_PASSWORD}}@127.0.0.1:{cameras.port}/cam"
        with Consumer.of(camera(url)) as consumer:
            consumer.wait_for_frames(5)
            assert "s3cret" not in str(consumer.status)


def test_a_wrong_password_is_reported_and_not_retried_at_once(streams: dict[str, Stream]) -> None:
    access = CountingAccess("root", PASSWORD)
    with SimulatedCameras({"cam": streams["h264"]}, access=access) as cameras:
        url = f"rtsp://root:wr0ng@127.0.0.1:{cameras.port}/cam"
        with Consumer.of(camera(url)) as consumer:
            status = consumer.wait_for(SourceState.UNAUTHORIZED)
            assert status.reason.startswith("the camera refuses the user name or password; ")
            assert "wr0ng" not in str(status)
            asked = access.asked
            time.sleep(1.5)
            assert access.asked == asked
            assert consumer.stops_within_s() < 0.5


class CountingAccess(Access):
    """Counts how often a password was tried."""

    asked = 0

    def admits(self, method: str, authorization: str) -> bool:
        type(self).asked += bool(authorization)
        return super().admits(method, authorization)


def test_a_missing_environment_variable_is_named() -> None:
    with pytest.raises(SourceError, match=r"camera 'cam'.*NO_SUCH_VARIABLE is not set"):
        open_source(camera("rtsp://u:${NO_SUCH_VARIABLE}@127.0.0.1/x"), stop=threading.Event(), clock=SystemClock())


def test_a_refused_connection_is_named_and_stop_ends_the_wait_at_once() -> None:
    port = free_port()
    with Consumer.of(camera(f"rtsp://me:s3cret@127.0.0.1:{port}/cam", retry_at_most=60)) as consumer:
        status = consumer.wait_for(SourceState.UNREACHABLE)
        assert status.reason == f"127.0.0.1:{port} refuses connections; does the camera stream on this port?"
        time.sleep(1.2)
        assert consumer.stops_within_s() < 0.5
        assert consumer.status.state is SourceState.STOPPED


def test_a_host_that_cannot_be_resolved_is_named() -> None:
    with Consumer.of(camera("rtsp://no-such-camera.invalid/cam")) as consumer:
        assert "no-such-camera.invalid cannot be resolved" in consumer.wait_for(SourceState.UNREACHABLE).reason


def test_an_unknown_stream_path_is_reported(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url + "-wrong")) as consumer:
        assert "has no stream of this path" in consumer.wait_for(SourceState.UNREACHABLE).reason


def test_a_camera_that_never_answers_is_stalled_and_can_be_stopped() -> None:
    with silent_listener() as url, Consumer.of(camera(url)) as consumer:
        time.sleep(0.5)
        assert consumer.status.state is SourceState.CONNECTING
        assert "sent no video within 1 s" in consumer.wait_for(SourceState.STALLED).reason
        time.sleep(0.7)
        assert consumer.stops_within_s() < 0.5


def test_frames_and_media_time_go_on_after_a_camera_returns(streams: dict[str, Stream]) -> None:
    port = free_port()
    with Consumer.of(camera(f"rtsp://127.0.0.1:{port}/cam")) as consumer, ExitStack() as later:
        with SimulatedCameras({"cam": streams["h264"]}, port=port):
            consumer.wait_for_frames(10)
        lost = consumer.wait_for(SourceState.UNREACHABLE)
        time.sleep(1)
        assert lost.reason
        later.enter_context(SimulatedCameras({"cam": streams["h264"]}, port=port))
        consumer.wait_for_frames(10)
        status = consumer.status
        assert (status.state, status.reason, status.reconnects) == (SourceState.ONLINE, "", 1)
        assert rises(consumer.indexes)
        assert rises(consumer.media_times_s)
        steps_s = [b - a for a, b in zip(consumer.media_times_s, consumer.media_times_s[1:], strict=False)]
        assert 1.0 < max(steps_s) < 6.0
        assert consumer.ages_s[-1] < 0.3


def test_a_camera_that_stops_sending_is_stalled_then_reconnected(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "silent"
        consumer.wait_until(lambda: "no data for 1 s" in consumer.status.reason)
        time.sleep(0.5)
        assert consumer.status.state is SourceState.STALLED
        faulty.fault = "none"
        consumer.wait_for_frames(5)
        assert consumer.status.state is SourceState.ONLINE


def test_a_camera_with_a_long_timeout_is_stalled_after_three_seconds(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url, read_timeout=60)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "silent"
        began_s = time.monotonic()
        assert "no frame for 3 s" in consumer.wait_for(SourceState.STALLED).reason
        assert time.monotonic() - began_s < 5
        assert consumer.stops_within_s() < 0.5


def test_a_camera_that_repeats_an_image_is_frozen_until_it_changes(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "same image"
        assert consumer.wait_for(SourceState.FROZEN).reason == "exactly the same image for 1 s or more"
        consumer.wait_for_frames(5)
        faulty.fault = "none"
        consumer.wait_for(SourceState.ONLINE, timeout_s=3)
        assert consumer.status.reconnects == 0


def test_a_camera_that_sends_garbage_is_reported_and_recovers(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "garbage"
        assert "no frame could be decoded" in consumer.wait_for(SourceState.GARBAGE).reason
        faulty.fault = "none"
        consumer.wait_for(SourceState.ONLINE)
        consumer.wait_for_frames(5)


def test_a_camera_that_sends_only_garbage_is_reported(faulty: FaultyCamera) -> None:
    faulty.fault = "garbage"
    with playing(faulty) as url, Consumer.of(camera(url)) as consumer:
        assert consumer.wait_for(SourceState.GARBAGE, timeout_s=20).reason
        assert not consumer.indexes


def test_frames_follow_a_change_of_resolution(faulty: FaultyCamera) -> None:
    with playing(faulty) as url, Consumer.of(camera(url)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "other size"
        consumer.wait_until(lambda: consumer.status.width_px == 640)
        consumer.wait_for_frames(3)
        assert consumer.last is not None
        assert consumer.last.image.shape == (360, 640, 3)
        faulty.fault = "none"
        consumer.wait_until(lambda: consumer.status.width_px == 320)
        assert consumer.status.reconnects == 0


def test_a_runaway_frame_rate_is_reported_and_reconnected(
    faulty: FaultyCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "RUNAWAY_FOR_S", 1.0)
    with playing(faulty) as url, Consumer.of(camera(url, fps=60)) as consumer:
        consumer.wait_for_frames(5)
        faulty.fault = "runaway"
        assert "frames per second" in consumer.wait_for(SourceState.RUNAWAY, timeout_s=15).reason
        faulty.fault = "none"
        consumer.wait_for(SourceState.ONLINE)


def test_faulty_cameras_do_not_affect_a_healthy_one(streams: dict[str, Stream]) -> None:
    faults = ["silent", "same image", "garbage", "runaway"]
    faulty_cameras = {fault.replace(" ", "-"): FaultyCamera(streams["h264"]) for fault in faults}
    streams_by_name = {"healthy": streams["h264"]} | {name: faulty.stream for name, faulty in faulty_cameras.items()}
    with SimulatedCameras(streams_by_name) as cameras, silent_listener() as silent_url, ExitStack() as watched:
        urls = cameras.urls | {"absent": f"rtsp://127.0.0.1:{free_port()}/x", "silent_url": silent_url}
        consumers = {name: watched.enter_context(Consumer.of(camera(url, name))) for name, url in urls.items()}
        for name in streams_by_name:
            consumers[name].wait_for_frames(3)
        for fault, faulty in zip(faults, faulty_cameras.values(), strict=True):
            faulty.fault = fault
        healthy = consumers["healthy"]
        began = len(healthy.indexes)
        time.sleep(6)
        assert len(healthy.indexes) - began == pytest.approx(6 * 12, abs=10)
        assert max(healthy.ages_s[began:]) < 0.5
        assert (healthy.status.state, healthy.status.reconnects) == (SourceState.ONLINE, 0)
        states = {name: consumer.status.state for name, consumer in consumers.items()}
        assert states["silent"] is SourceState.STALLED
        assert states["same-image"] is SourceState.FROZEN
        assert states["garbage"] is SourceState.GARBAGE
        assert states["absent"] is SourceState.UNREACHABLE
        assert states["silent_url"] is SourceState.STALLED


@pytest.mark.slow
def test_memory_stays_bounded_over_many_reconnections(
    streams: dict[str, Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.sources.rtsp.FIRST_RETRY_S", 0.01)
    with SimulatedCameras({"cam": streams["h264"]}) as cameras, Consumer.of(camera(cameras.urls["cam"])) as consumer:

        def disconnect(times: int) -> None:
            for _ in range(times):
                again = consumer.status.reconnects + 1
                disconnect_all(cameras)
                consumer.wait_until(partial(reconnected, consumer, again))

        consumer.wait_for_frames(1)
        disconnect(10)
        before_kib, before_files = resident_kib(), open_files()
        disconnect(30)
        assert consumer.status.reconnects == 40
        assert resident_kib() - before_kib < 6_000
        assert open_files() <= before_files + 3
        assert threading.active_count() < 12


@pytest.mark.slow
def test_memory_stays_bounded_while_a_camera_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.sources.rtsp.FIRST_RETRY_S", 0.001)
    with Consumer.of(camera(f"rtsp://127.0.0.1:{free_port()}/cam")) as consumer:
        consumer.wait_for(SourceState.UNREACHABLE)
        time.sleep(0.5)
        before_kib, before_files = resident_kib(), open_files()
        time.sleep(2)
        assert resident_kib() - before_kib < 2_000
        assert open_files() <= before_files + 2


def reconnected(consumer: Consumer, times: int) -> bool:
    return consumer.status.reconnects >= times


def disconnect_all(cameras: SimulatedCameras) -> None:
    for writer in tuple(cameras._server._writers):
        cameras._loop.call_soon_threadsafe(writer.transport.abort)


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
