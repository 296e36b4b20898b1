"""`ngatu cameras`: trying things without a camera."""

import asyncio
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress

from vision.common.paths import cache_dir

if TYPE_CHECKING:
    from vision.demo.simulator import Access, Show, Wish

cameras = typer.Typer(help="Cameras to try things with.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(cameras, name="cameras")


@cameras.callback()
def _group() -> None:
    """Keeps `simulate` a subcommand while it is the only one."""


@cameras.command()
def simulate(
    clips: Annotated[list[Path], typer.Argument(help="Video files, or folders of them.", metavar="CLIP_OR_FOLDER...")],
    *,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8554,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    count: Annotated[int | None, typer.Option(help="How many cameras; clips are used in turn.", min=1)] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second at most.", min=0.1)] = None,
    size: Annotated[str | None, typer.Option(help="Fit pictures into this size, as 1280x720.")] = None,
    codec: Annotated[Literal["h264", "hevc"] | None, typer.Option(help="Send as this, whatever the clip is.")] = None,
    user: Annotated[str | None, typer.Option(help="Ask viewers for this user name.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="NGATU_SIMULATOR_PASSWORD", help="Ask viewers for this password.")
    ] = None,
) -> None:
    """Show clips over RTSP, over and over, as cameras would; prints the addresses. Ctrl-C stops.

    A clip that no camera would send as it is (B-frames, turned on its side, neither H.264 nor HEVC, another size than
    wanted) is encoded once and kept.
    """
    from vision.core.errors import NgatuError
    from vision.demo.simulator import Wish

    try:
        shows = _prepare(clips, count, Wish(codec=codec, size=_size(size), fps=fps))
        asyncio.run(_serve(shows, host, port, _access(user, password)))
    except NgatuError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(shows: "dict[str, Show]", host: str, port: int, access: "Access | None") -> None:
    from vision.demo.simulator import RtspServer

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = RtspServer(shows, host=host, port=port, access=access)
    await server.start()
    try:
        for name, url in server.urls.items():
            typer.echo(f"{url}  {shows[name].codec}, {shows[name].fps:.4g} fps")
        await stop.wait()
    finally:
        await server.close()


def _prepare(paths: list[Path], count: int | None, wish: "Wish") -> "dict[str, Show]":
    """Each camera's programme by its name; clips that are not fit are encoded, with a progress bar."""
    from vision.demo.simulator import find_clips, prepare_clip, show_clip

    clips = find_clips(paths)
    chosen = [clips[n % len(clips)] for n in range(count or len(clips))]
    cache = cache_dir("streams")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        ready = {clip: prepare_clip(clip, cache, wish, _bar(progress, clip)) for clip in dict.fromkeys(chosen)}
    return {name: show_clip(ready[clip]) for name, clip in zip(_names(chosen), chosen, strict=True)}


def _bar(progress: Progress, clip: Path) -> Callable[[float], None]:
    task = progress.add_task(f"preparing {clip.name}", total=1.0)
    return lambda done: progress.update(task, completed=done)


def _names(clips: list[Path]) -> list[str]:
    """A camera's name for each clip: its file's name as addresses like it, numbered where it comes again."""
    names: list[str] = []
    for clip in clips:
        stem = re.sub(r"[^a-z0-9]+", "-", clip.stem.lower()).strip("-") or "camera"
        same = sum(re.fullmatch(rf"{stem}(-\d+)?", name) is not None for name in names)
        names.append(f"{stem}-{same + 1}" if same else stem)
    return names


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if match is None:
        raise typer.BadParameter(f"{text}: write width and height as 1280x720", param_hint="--size")
    return int(match[1]), int(match[2])


def _access(user: str | None, password: str | None) -> "Access | None":
    from vision.demo.simulator import Access

    if user is None and password is None:
        return None
    if not user or not password:
        raise typer.BadParameter("one without the other", param_hint="--user and --password")
    return Access(user, password)
