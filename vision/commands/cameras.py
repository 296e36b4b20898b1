"""`ngatu cameras`: simulated cameras."""

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
    from vision.demo.simulator import Access, Stream, StreamFormat

cameras = typer.Typer(help="Simulated cameras.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(cameras, name="cameras")


@cameras.callback()
def _group() -> None:
    """Keep `simulate` a subcommand while it is the only one."""


@cameras.command()
def simulate(
    clips: Annotated[list[Path], typer.Argument(help="Video files, or folders of them.", metavar="CLIP_OR_FOLDER...")],
    *,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8554,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    count: Annotated[int | None, typer.Option(help="How many cameras; clips are used in turn.", min=1)] = None,
    fps: Annotated[float | None, typer.Option(help="Largest frame rate.", min=0.1)] = None,
    size: Annotated[str | None, typer.Option(help="Largest size, e.g. 1280x720.")] = None,
    codec: Annotated[Literal["h264", "hevc"] | None, typer.Option(help="Codec to send; default: the clip's.")] = None,
    user: Annotated[str | None, typer.Option(help="User name that viewers must give.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="NGATU_SIMULATOR_PASSWORD", help="Password that viewers must give.")
    ] = None,
) -> None:
    """Play clips over RTSP in a loop, as cameras would; prints the addresses. Ctrl-C stops.

    A clip that a camera would not send (B-frames, rotated, neither H.264 nor HEVC, another size than requested) is
    encoded once and kept.
    """
    from vision.core.errors import NgatuError
    from vision.demo.simulator import StreamFormat

    try:
        streams = _prepare(clips, count, StreamFormat(codec=codec, size=_size(size), fps=fps))
        asyncio.run(_serve(streams, host, port, _access(user, password)))
    except NgatuError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


async def _serve(streams: "dict[str, Stream]", host: str, port: int, access: "Access | None") -> None:
    from vision.demo.simulator import RtspServer

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = RtspServer(streams, host=host, port=port, access=access)
    await server.start()
    try:
        for name, url in server.urls.items():
            typer.echo(f"{url}  {streams[name].codec}, {streams[name].fps:.4g} fps")
        await stop.wait()
    finally:
        await server.close()


def _prepare(paths: list[Path], count: int | None, wanted: "StreamFormat") -> "dict[str, Stream]":
    """Each camera's stream by its name; clips that cannot be streamed are encoded, with a progress bar."""
    from vision.demo.simulator import find_clips, prepare_clip, stream_of_clip

    clips = find_clips(paths)
    chosen = [clips[n % len(clips)] for n in range(count or len(clips))]
    cache = cache_dir("streams")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        ready = {clip: prepare_clip(clip, cache, wanted, _bar(progress, clip)) for clip in dict.fromkeys(chosen)}
    return {name: stream_of_clip(ready[clip]) for name, clip in zip(_names(chosen), chosen, strict=True)}


def _bar(progress: Progress, clip: Path) -> Callable[[float], None]:
    task = progress.add_task(f"preparing {clip.name}", total=1.0)
    return lambda done: progress.update(task, completed=done)


def _names(clips: list[Path]) -> list[str]:
    """A camera name for each clip: the file's name in URL form, numbered where it repeats."""
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
        raise typer.BadParameter("give both or none", param_hint="--user and --password")
    return Access(user, password)
