"""Live cameras, well and ill: each test plays a real RTSP stream on loopback."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.sources.sources_helpers import Mischief, Watcher, camera, clips, rises, shows
from vision.common.ports import free_port
from vision.core import SourceError, SystemClock
from vision.demo.simulator import Access, Show, SimulatedCameras
from vision.sources import SourceState, open_source, watchdog

__all__ = ["clips", "shows"]

PASSWORD = "s3cret@/:é"


@pytest.fixture
def mischief(shows: dict[str, Show]) -> Mischief:
    return Mischief(shows["h264"], shows["large"])


@contextmanager
def on_air(mischief: Mischief) -> Iterator[str]:
    """The address of a camera in this mood."""
    with SimulatedCameras({"cam": mischief.show}) as cameras:
        yield cameras.urls["cam"]


@contextmanager
def silent_listener() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"rtsp://127.0.0.1:{listener.getsockname()[1]}/cam"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_frames_come_sampled_dated_and_counted(shows: dict[str, Show], codec: str, transport: str) -> None:
    with (
        SimulatedCameras({"cam": shows[codec]}) as cameras,
        Watcher.of(camera(cameras.urls["cam"], fps=10, transport=transport)) as watcher,
    ):
        watcher.wait_for_frames(30)
        status = watcher.status
        assert status.state is SourceState.ONLINE
        assert (status.codec, status.width_px, status.height_px) == (codec, 320, 180)
        assert status.decode_mode == "software, 1 thread"
        assert status.received_fps == pytest.approx(25, abs=4)
        assert status.frames_received == pytest.approx(watcher.indexes[-1] + 1, abs=3)
        assert watcher.media_times_s[-1] - watcher.media_times_s[0] == pytest.approx(2.9, abs=0.25)
        assert rises(watcher.indexes)
        assert rises(watcher.media_times_s)
        assert 0 <= min(watcher.ages_s) <= sorted(watcher.ages_s)[15] < 0.15
        assert watcher.last is not None
        assert watcher.last.image.shape == (180, 320, 3)
        assert watcher.last.image[60].max() > 200


def test_a_slow_user_gets_the_newest_frame_and_latency_stays_bounded(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url, fps=25), busy_s=0.5) as watcher:
        watcher.wait_for_frames(8)
        assert max(watcher.ages_s[1:]) < 0.3
        status = watcher.status
        assert status.frames_dropped > 50
        assert status.received_fps == pytest.approx(25, abs=4)


def test_the_password_comes_from_the_environment_and_is_never_told(
    shows: dict[str, Show], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    with SimulatedCameras({"cam": shows["h264"]}, access=Access("root", PASSWORD)) as cameras:
        url = f"rtsp://root:${{CAMERA_PASSWORD}}@127.0.0.1:{cameras.port}/cam"
        with Watcher.of(camera(url)) as watcher:
            watcher.wait_for_frames(5)
            assert "s3cret" not in str(watcher.status)


def test_a_wrong_password_is_named_as_such_and_not_tried_again_at_once(shows: dict[str, Show]) -> None:
    access = Counting("root", PASSWORD)
    with SimulatedCameras({"cam": shows["h264"]}, access=access) as cameras:
        url = f"rtsp://root:wr0ng@127.0.0.1:{cameras.port}/cam"
        with Watcher.of(camera(url)) as watcher:
            status = watcher.wait_for(SourceState.UNAUTHORIZED)
            assert status.reason == "the camera refuses the user name or password"
            assert "wr0ng" not in str(status)
            asked = access.asked
            time.sleep(1.5)
            assert access.asked == asked
            assert watcher.stops_within_s() < 0.5


class Counting(Access):
    """Counts how often a password was tried."""

    asked = 0

    def admits(self, method: str, authorization: str) -> bool:
        type(self).asked += bool(authorization)
        return super().admits(method, authorization)


def test_a_variable_that_the_environment_lacks_is_named() -> None:
    with pytest.raises(SourceError, match=r"camera 'cam'.*NO_SUCH_VARIABLE is not set"):
        open_source(camera("rtsp://u:${NO_SUCH_VARIABLE}@127.0.0.1/x"), stop=threading.Event(), clock=SystemClock())


def test_a_port_where_nothing_listens_is_named_and_a_stop_ends_the_waiting_at_once() -> None:
    port = free_port()
    with Watcher.of(camera(f"rtsp://me:s3cret@127.0.0.1:{port}/cam", retry_at_most=60)) as watcher:
        status = watcher.wait_for(SourceState.UNREACHABLE)
        assert status.reason == f"127.0.0.1:{port} refuses connections; does the camera stream on this port?"
        time.sleep(1.2)
        assert watcher.stops_within_s() < 0.5
        assert watcher.status.state is SourceState.STOPPED


def test_a_host_that_cannot_be_resolved_is_named() -> None:
    with Watcher.of(camera("rtsp://no-such-camera.invalid/cam")) as watcher:
        assert "no-such-camera.invalid cannot be resolved" in watcher.wait_for(SourceState.UNREACHABLE).reason


def test_a_path_that_the_camera_does_not_know_is_told(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url + "-wrong")) as watcher:
        assert "knows no stream of this path" in watcher.wait_for(SourceState.UNREACHABLE).reason


def test_a_camera_that_takes_the_connection_and_says_nothing_is_stalled_and_can_be_stopped() -> None:
    with silent_listener() as url, Watcher.of(camera(url)) as watcher:
        time.sleep(0.5)
        assert watcher.status.state is SourceState.CONNECTING
        assert "sent no video within 1 s" in watcher.wait_for(SourceState.STALLED).reason
        time.sleep(0.7)
        assert watcher.stops_within_s() < 0.5


def test_a_camera_that_dies_and_comes_back_gives_frames_again_and_time_goes_on(shows: dict[str, Show]) -> None:
    port = free_port()
    with Watcher.of(camera(f"rtsp://127.0.0.1:{port}/cam")) as watcher, ExitStack() as later:
        with SimulatedCameras({"cam": shows["h264"]}, port=port):
            watcher.wait_for_frames(10)
        lost = watcher.wait_for(SourceState.UNREACHABLE)
        time.sleep(1)
        assert lost.reason
        later.enter_context(SimulatedCameras({"cam": shows["h264"]}, port=port))
        watcher.wait_for_frames(10)
        status = watcher.status
        assert (status.state, status.reason, status.reconnects) == (SourceState.ONLINE, "", 1)
        assert rises(watcher.indexes)
        assert rises(watcher.media_times_s)
        steps_s = [b - a for a, b in zip(watcher.media_times_s, watcher.media_times_s[1:], strict=False)]
        assert 1.0 < max(steps_s) < 6.0
        assert watcher.ages_s[-1] < 0.3


def test_a_camera_that_falls_silent_is_stalled_then_opened_anew(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "silent"
        watcher.wait_until(lambda: "no data for 1 s" in watcher.status.reason)
        time.sleep(0.5)
        assert watcher.status.state is SourceState.STALLED
        mischief.mood = "well"
        watcher.wait_for_frames(5)
        assert watcher.status.state is SourceState.ONLINE


def test_a_patient_camera_is_called_stalled_long_before_it_is_given_up(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url, read_timeout=60)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "silent"
        began_s = time.monotonic()
        assert "no picture for 3 s" in watcher.wait_for(SourceState.STALLED).reason
        assert time.monotonic() - began_s < 5
        assert watcher.stops_within_s() < 0.5


def test_a_camera_that_repeats_the_same_picture_is_frozen_until_it_moves_again(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "same picture"
        assert watcher.wait_for(SourceState.FROZEN).reason == "the very same picture for 1 s and more"
        watcher.wait_for_frames(5)
        mischief.mood = "well"
        watcher.wait_for(SourceState.ONLINE, timeout_s=3)
        assert watcher.status.reconnects == 0


def test_a_camera_that_sends_garbage_is_named_so_and_recovers(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "garbage"
        assert "no picture could be decoded" in watcher.wait_for(SourceState.GARBAGE).reason
        mischief.mood = "well"
        watcher.wait_for(SourceState.ONLINE)
        watcher.wait_for_frames(5)


def test_a_camera_that_sends_nothing_but_garbage_is_named_so(mischief: Mischief) -> None:
    mischief.mood = "garbage"
    with on_air(mischief) as url, Watcher.of(camera(url)) as watcher:
        assert watcher.wait_for(SourceState.GARBAGE, timeout_s=20).reason
        assert not watcher.indexes


def test_a_change_of_resolution_is_followed(mischief: Mischief) -> None:
    with on_air(mischief) as url, Watcher.of(camera(url)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "other picture"
        watcher.wait_until(lambda: watcher.status.width_px == 640)
        watcher.wait_for_frames(3)
        assert watcher.last is not None
        assert watcher.last.image.shape == (360, 640, 3)
        mischief.mood = "well"
        watcher.wait_until(lambda: watcher.status.width_px == 320)
        assert watcher.status.reconnects == 0


def test_a_camera_that_repeats_a_picture_200_times_a_second_is_opened_anew(
    mischief: Mischief, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "RUNAWAY_FOR_S", 1.0)
    with on_air(mischief) as url, Watcher.of(camera(url, fps=60)) as watcher:
        watcher.wait_for_frames(5)
        mischief.mood = "runaway"
        assert "pictures a second" in watcher.wait_for(SourceState.RUNAWAY, timeout_s=15).reason
        mischief.mood = "well"
        watcher.wait_for(SourceState.ONLINE)


def test_cameras_in_trouble_do_not_disturb_another(shows: dict[str, Show]) -> None:
    moods = ["silent", "same picture", "garbage", "runaway"]
    ill = {mood.replace(" ", "-"): Mischief(shows["h264"]) for mood in moods}
    programme = {"well": shows["h264"]} | {name: mischief.show for name, mischief in ill.items()}
    with SimulatedCameras(programme) as cameras, silent_listener() as mute, ExitStack() as watched:
        urls = cameras.urls | {"absent": f"rtsp://127.0.0.1:{free_port()}/x", "mute": mute}
        watchers = {name: watched.enter_context(Watcher.of(camera(url, name))) for name, url in urls.items()}
        for name in programme:
            watchers[name].wait_for_frames(3)
        for mood, mischief in zip(moods, ill.values(), strict=True):
            mischief.mood = mood
        well = watchers["well"]
        began = len(well.indexes)
        time.sleep(6)
        assert len(well.indexes) - began == pytest.approx(6 * 12, abs=10)
        assert max(well.ages_s[began:]) < 0.5
        assert (well.status.state, well.status.reconnects) == (SourceState.ONLINE, 0)
        states = {name: watcher.status.state for name, watcher in watchers.items()}
        assert states["silent"] is SourceState.STALLED
        assert states["same-picture"] is SourceState.FROZEN
        assert states["garbage"] is SourceState.GARBAGE
        assert states["absent"] is SourceState.UNREACHABLE
        assert states["mute"] is SourceState.STALLED


@pytest.mark.slow
def test_memory_stays_flat_over_many_reconnections(shows: dict[str, Show], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.sources.rtsp.FIRST_RETRY_S", 0.01)
    with SimulatedCameras({"cam": shows["h264"]}) as cameras, Watcher.of(camera(cameras.urls["cam"])) as watcher:

        def hang_up(times: int) -> None:
            for _ in range(times):
                again = watcher.status.reconnects + 1
                hang_up_on_all(cameras)
                watcher.wait_until(partial(reconnected, watcher, again))

        watcher.wait_for_frames(1)
        hang_up(10)
        before_kib, before_files = resident_kib(), open_files()
        hang_up(30)
        assert watcher.status.reconnects == 40
        assert resident_kib() - before_kib < 6_000
        assert open_files() <= before_files + 3
        assert threading.active_count() < 12


@pytest.mark.slow
def test_memory_stays_flat_while_a_camera_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.sources.rtsp.FIRST_RETRY_S", 0.001)
    with Watcher.of(camera(f"rtsp://127.0.0.1:{free_port()}/cam")) as watcher:
        watcher.wait_for(SourceState.UNREACHABLE)
        time.sleep(0.5)
        before_kib, before_files = resident_kib(), open_files()
        time.sleep(2)
        assert resident_kib() - before_kib < 2_000
        assert open_files() <= before_files + 2


def reconnected(watcher: Watcher, times: int) -> bool:
    return watcher.status.reconnects >= times


def hang_up_on_all(cameras: SimulatedCameras) -> None:
    for writer in tuple(cameras._server._writers):
        cameras._loop.call_soon_threadsafe(writer.transport.abort)


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
