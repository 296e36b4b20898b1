"""The clip cards that come along, and the clips that they promise."""

import hashlib
import io
import shutil
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vision.commands import samples
from vision.common.paths import data_dir
from vision.config.errors import ConfigError
from vision.config.files.loading import load_cameras
from vision.config.sources import RtspSource
from vision.samples import ClipCard, SampleError, clip_file, ensure_samples, load_cards, pull
from vision.samples.cards import is_cached
from vision.samples.pypi import downloaded_bytes
from vision.sources import probe

POISON = b"raise SystemExit('the archive was run')\n"


def ngatu(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    samples.register(app)
    app.command("other")(lambda: None)
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["samples", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


@dataclass(frozen=True)
class Registry:
    """A package index in a folder: one source archive with code that must never run."""

    card: ClipCard
    content: bytes


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    content = b"not really a video" * 1000
    archive = tmp_path / "index" / "madeup-clips" / "madeup_clips-1.0.tar.gz"
    archive.parent.mkdir(parents=True)
    files = {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: madeup-clips\nVersion: 1.0\n",
        "pyproject.toml": b'[build-system]\nrequires = ["nothing-such"]\nbuild-backend = "made.up.backend"\n',
        "setup.py": POISON,
        "made/up/backend.py": POISON,
        "clips/a.mp4": content,
    }
    with tarfile.open(archive, "w:gz") as opened:
        for name, data in files.items():
            member = tarfile.TarInfo(f"madeup-clips-1.0/{name}")
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    (archive.parent / "index.html").write_text(f'<a href="{archive.name}">{archive.name}</a>')
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    source = {
        "kind": "pypi",
        "project": "madeup-clips",
        "version": "1.0",
        "archive_sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "archive_bytes": archive.stat().st_size,
        "build_backend": "made.up.backend",
        "member": "clips/a.mp4",
    }
    return Registry(a_card(source, content), content)


def a_card(source: dict[str, object], content: bytes, name: str = "a") -> ClipCard:
    return ClipCard.model_validate(
        {
            "name": name,
            "title": "A clip",
            "source": source,
            "licence": "CC0-1.0",
            "notice": "None.",
            "sha256": hashlib.sha256(content).hexdigest(),
            "width": 16,
            "height": 16,
            "fps": 25,
            "frames": 1,
        }
    )


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NGATU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "samples"


def test_the_cards_name_their_files_and_two_are_the_default() -> None:
    cards = load_cards()
    assert all(name == card.name for name, card in cards.items())
    assert [name for name, card in sorted(cards.items()) if card.default] == ["cars-cyclist", "cars-truck"]


def test_the_default_clips_are_what_their_cards_say() -> None:
    ensure_samples()
    for card in load_cards().values():
        if card.default:
            info = probe(clip_file(card))
            assert (info.width_px, info.height_px, info.fps) == (card.width, card.height, card.fps)
            assert round(info.duration_s * info.fps) == card.frames


def test_the_cameras_of_the_demo_have_the_lines_of_their_clips() -> None:
    found = load_cameras(data_dir("camera_configs") / "demo")
    cards = load_cards()
    assert not found.problems
    demonstration = [camera.config for camera in found.cameras.values()]
    assert len(demonstration) == 2
    for camera in demonstration:
        assert isinstance(camera.source, RtspSource)
        card = cards[camera.source.url.rpartition("/")[2]]
        assert card.default
        assert camera.lines == card.lines
        assert {truth.line for truth in card.truth} == {line.id for line in camera.lines}


def test_a_clip_is_extracted_without_running_the_archives_code(registry: Registry) -> None:
    steps: list[tuple[str, int, int | None]] = []
    assert pull([registry.card], lambda *step: steps.append(step)) == [registry.card]
    assert clip_file(registry.card).read_bytes() == registry.content
    assert {step for step, _, _ in steps} == {"downloading madeup-clips 1.0"}
    left = sorted(path.name for path in clip_file(registry.card).parent.iterdir())
    assert left == [".lock", "a.mp4"]


def test_present_clips_are_kept_and_damaged_ones_fetched_again(registry: Registry) -> None:
    assert pull([registry.card]) == [registry.card]
    assert pull([registry.card]) == []
    clip_file(registry.card).write_bytes(b"half")
    assert not is_cached(registry.card)
    assert pull([registry.card]) == [registry.card]
    assert is_cached(registry.card)


def test_progress_is_shown_while_pip_creates_and_deletes_folders(tmp_path: Path) -> None:
    (tmp_path / "kept.tar.gz").write_bytes(b"x" * 1000)
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for number in range(20):
                (tmp_path / "unpacked" / str(number) / "deep").mkdir(parents=True)
            shutil.rmtree(tmp_path / "unpacked")

    pip = threading.Thread(target=churn)
    pip.start()
    try:
        assert {downloaded_bytes(tmp_path) for _ in range(500)} == {1000}
    finally:
        done.set()
        pip.join()


def test_an_archive_with_another_hash_is_refused(registry: Registry) -> None:
    source = registry.card.source.model_copy(update={"archive_sha256": "0" * 64})
    with pytest.raises(SampleError, match=r"madeup-clips==1\.0: pip could not get it: .*HASHES"):
        pull([registry.card.model_copy(update={"source": source})])
    assert not clip_file(registry.card).exists()


def test_a_clip_with_another_hash_is_refused(registry: Registry) -> None:
    with pytest.raises(SampleError, match="its card says 0000"):
        pull([registry.card.model_copy(update={"sha256": "0" * 64})])
    source = registry.card.source.model_copy(update={"member": "clips/b.mp4"})
    with pytest.raises(SampleError, match=r"clips/b\.mp4.*correct its card"):
        pull([registry.card.model_copy(update={"source": source})])
    assert not clip_file(registry.card).exists()


def test_without_a_registry_the_error_names_the_package_and_the_remedy(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:hunter2@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(SampleError, match=r"madeup-clips==1\.0.*your own clips") as caught:
        pull([registry.card])
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("empty_cache")
def test_without_internet_a_clip_names_the_alternative() -> None:
    card = a_card({"kind": "url", "url": "https://127.0.0.1:9/clip.mp4"}, b"")
    with pytest.raises(SampleError, match=r"https://127\.0\.0\.1:9/clip\.mp4.*this needs the internet"):
        pull([card])


def test_truth_about_a_line_that_the_card_lacks_is_refused(tmp_path: Path) -> None:
    text = (data_dir("sample_videos") / "cars-truck.yaml").read_text(encoding="utf-8")
    (tmp_path / "cars-truck.yaml").write_text(text.replace("line: right-arm", "line: right-leg"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"truth\.1\.line: there is no line 'right-leg'"):
        load_cards(tmp_path)


def test_list_shows_the_cards_and_which_clips_are_cached(empty_cache: Path) -> None:
    code, output = ngatu("list")
    assert code == 0
    for text in (
        "cars-cyclist (default)",
        "car-detection",
        "GPL-3.0-only",
        "CC-BY-4.0",
        "800 x 600, 20 fps",
        str(empty_cache),
    ):
        assert text in output


def test_an_own_folder_is_listed_and_a_broken_video_named(tmp_path: Path) -> None:
    shutil.copy(ensure_samples()[0], tmp_path / "mine.mp4")
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    code, output = ngatu("list", "--folder", str(tmp_path))
    assert code == 0
    assert "mine.mp4" in output
    assert "800 x 600, 20 fps" in output
    assert "broken.mp4" in output
    code, output = ngatu("list", "--folder", str(tmp_path / "nowhere"))
    assert code == 1
    assert "nowhere" in output


def test_pull_keeps_cached_clips_and_refuses_unknown_names() -> None:
    ensure_samples()
    code, output = ngatu("pull")
    assert code == 0
    assert output.count("already cached") == 2
    code, output = ngatu("pull", "no-such-clip")
    assert code == 1
    assert "there is no clip 'no-such-clip'; the cards are car-detection, cars-cyclist, cars-truck" in output


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
def test_pull_gets_the_default_clips_from_the_real_registry() -> None:
    code, output = ngatu("pull")
    assert code == 0, output
    assert output.count("GPL-3.0-only: From the source archive of OTVision") == 2
    assert all(is_cached(card) for card in load_cards().values() if card.default)
