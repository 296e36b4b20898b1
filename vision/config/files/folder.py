"""Watches a folder of camera files; what was good last stays in force, in the supervisor and the service alike."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from vision.config.camera import CameraConfig
from vision.config.errors import ConfigError, ConfigProblem
from vision.config.files.kept_versions import KeptVersions
from vision.config.files.loading import SUFFIXES, camera_files, camera_of, read_bytes

GRACE_S = 5.0
"""A file or folder that is away for no longer than this was not removed: editors replace files, networks pause."""
MAX_ID_LENGTH = 64
"""The longest camera id that contracts allow."""
MAX_PROBLEMS = 5
"""As many mistakes of one file are reported at once."""
MAX_PROBLEM_LENGTH = 2000
STAYS = "the last good version stays in force"

Stamp = tuple[int, int, int, int]
"""A file's modification and change times in nanoseconds, its size and its inode."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraFolder:
    """The cameras in force, and what is wrong with the files."""

    cameras: dict[str, CameraConfig] = field(default_factory=dict)
    """By id; of a broken file, the last good version."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong with a camera's file, by the id that its file's name gives it."""
    trouble: str = ""
    """Why the folder itself cannot be read; empty if it can. All cameras stay in force."""

    def problem(self, camera_id: str) -> str:
        """Why a camera's file is not used as it is, or cannot be read; empty where all is well."""
        return self.problems.get(camera_id) or (self.trouble if camera_id in self.cameras else "")


@dataclass(slots=True)
class _File:
    """One file: the version that was read last, and the last good one."""

    read: Stamp | None = None
    seen: Stamp | None = None
    """At the last poll; a file is read once it has not changed from one poll to the next."""
    good: CameraConfig | None = None
    problems: tuple[ConfigProblem, ...] = ()
    missing_since_s: float | None = None


class FolderWatch:
    """Reads a folder of camera files whenever it has changed, and knows the cameras in force.

    A broken file leaves its last good version in force. A file that is away for `GRACE_S` is removed. While the folder
    itself cannot be read, everything stays as it is, and `trouble` says so after `GRACE_S`.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.yaml").write_text("id: a\\nsource: {kind: file, path: a.mp4}")
        >>> watch = FolderWatch(folder)
        >>> watch.poll(), list(watch.now.cameras)
        (True, ['a'])
    """

    def __init__(
        self, path: Path, *, state: Path | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`state`: the folder where copies survive a restart; None: none are kept."""
        self._path = path
        self._kept = KeptVersions(state, path) if state else None
        self._monotonic = monotonic
        self._files: dict[Path, _File] = {}
        self._identity: tuple[int, int] | None = None
        self._away_since_s: float | None = None
        self._is_first = True
        self.now = CameraFolder()

    def poll(self) -> bool:
        """Read what has changed and settled; returns whether `now` is another."""
        before, trouble = self.now, ""
        try:
            self._read_changed(self._stamps())
            self._away_since_s = None
        except OSError as error:
            trouble = self._while_away(error)
        self._is_first = False
        self.now = replace(_in_force(self._files), trouble=trouble)
        if self.now != before:
            self._report(before)
        return self.now != before

    def _report(self, before: CameraFolder) -> None:
        now = self.now
        if now.trouble and now.trouble != before.trouble:
            log.error("camera files cannot be read, cameras stay as they are", reason=now.trouble)
        for camera_id, problem in now.problems.items():
            if before.problems.get(camera_id) != problem:
                log.error("camera file invalid", camera=camera_id, reason=problem)
        if not now.trouble:
            log.info("camera files read", valid=len(now.cameras), invalid=len(now.problems))

    def _stamps(self) -> dict[Path, Stamp]:
        """The stamp of each camera file. Raises OSError where the folder cannot be read."""
        paths = sorted(p for p in self._path.iterdir() if p.suffix in SUFFIXES and not p.name.startswith("."))
        stat = self._path.stat()
        identity = (stat.st_dev, stat.st_ino)
        if not paths and self._files and identity != self._identity:
            raise OSError(0, "it is another folder now, without camera files")
        self._identity = identity
        return {path: stamp for path in paths if (stamp := _stamp(path)) is not None}

    def _read_changed(self, stamps: dict[Path, Stamp]) -> None:
        for path, stamp in stamps.items():
            file = self._files.setdefault(path, _File())
            is_settled = self._is_first or stamp == file.seen
            file.seen, file.missing_since_s = stamp, None
            if stamp != file.read and is_settled:
                self._read(path, file, stamp)
        for path in self._files.keys() - stamps.keys():
            self._remove_after_grace(path)
        if self._is_first and self._kept:
            for name in set(self._kept.names()) - {path.name for path in stamps}:
                self._kept.forget(name)

    def _read(self, path: Path, file: _File, stamp: Stamp) -> None:
        try:
            content = read_bytes(path)
            file.good, file.problems, file.read = camera_of(content, path), (), stamp
        except ConfigError as error:
            if _stamp(path) is None:
                return
            # What concerns the whole file may be the disk's fault: it is read again at each poll.
            file.read = stamp if any(problem.line for problem in error.problems) else None
            file.good = file.good or self._kept_version(path)
            file.problems = error.problems
        except Exception as error:  # noqa: BLE001 - the boundary of one camera's file
            cause = f"{type(error).__name__}: {error}"
            file.read, file.good = stamp, file.good or self._kept_version(path)
            file.problems = (ConfigProblem(path, None, None, "", f"cannot be read ({cause})", "write plain YAML"),)
        else:
            if self._kept:
                self._kept.keep(path.name, content)

    def _kept_version(self, path: Path) -> CameraConfig | None:
        content = self._kept.content(path.name) if self._kept else None
        if content is None:
            return None
        try:
            return camera_of(content, path)
        except Exception:  # noqa: BLE001 - a copy that this version cannot read is none
            return None

    def _remove_after_grace(self, path: Path) -> None:
        file, now_s = self._files[path], self._monotonic()
        if file.missing_since_s is None:
            file.missing_since_s = now_s
        elif now_s - file.missing_since_s > GRACE_S:
            del self._files[path]
            if self._kept:
                self._kept.forget(path.name)

    def _while_away(self, error: OSError) -> str:
        """Why the folder is away, once that is certain; at the start it is, and the kept versions are in force."""
        now_s = self._monotonic()
        if self._is_first:
            self._away_since_s = now_s - 2 * GRACE_S
            for name in self._kept.names() if self._kept else []:
                self._files[self._path / name] = _File(good=self._kept_version(self._path / name))
        elif self._away_since_s is None:
            self._away_since_s = now_s
        if self._away_since_s is None or now_s - self._away_since_s <= GRACE_S:
            return self.now.trouble
        return f"folder {self._path}: {error.strerror}; is its disk there, and does NGATU_CAMERAS name it?"


def require_folder(path: Path, state: Path) -> None:
    """Check that there is something to watch: the folder, or copies of its last good versions below `state`.

    Raises:
        ConfigError: there is no such folder, it cannot be read, or no camera of it is known from before.
    """
    if KeptVersions(state, path).names():
        return
    try:
        camera_files(path)
    except OSError as error:
        raise ConfigError.single(str(error.strerror), "check its owner and permissions", path=path) from None


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


def _in_force(files: dict[Path, _File]) -> CameraFolder:
    """The cameras of all files; of two files with the same id, the first that is there is used."""
    cameras: dict[str, CameraConfig] = {}
    used: dict[str, Path] = {}
    problems: dict[str, list[str]] = {}
    for path in sorted(files, key=lambda path: (files[path].missing_since_s is not None, path)):
        file = files[path]
        texts = list(_texts(file.problems))
        if file.good is not None and file.good.id in cameras and file.missing_since_s is None:
            texts.append(f"{path.name}: {used[file.good.id].name} has this id already: delete or rename one")
        elif file.good is not None and file.good.id not in cameras:
            cameras[file.good.id], used[file.good.id] = file.good, path
            texts += [STAYS] if texts else []
        if texts:
            problems.setdefault(path.stem[:MAX_ID_LENGTH], []).extend(texts)
    return CameraFolder(cameras, {i: "; ".join(texts)[:MAX_PROBLEM_LENGTH] for i, texts in problems.items()})


def _texts(problems: Iterable[ConfigProblem]) -> Iterable[str]:
    """The first problems, without the folder, which does not concern clients."""
    every = list(problems)
    for problem in every[:MAX_PROBLEMS]:
        yield str(replace(problem, path=Path(problem.path.name) if problem.path else None))
    if len(every) > MAX_PROBLEMS:
        yield f"and {len(every) - MAX_PROBLEMS} more"
