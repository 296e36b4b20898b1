"""`ngatu work`: watches the cameras of a folder until it is stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from vision.commands.console import stop_on_signals
from vision.common.errors import NgatuError
from vision.config.settings import WorkerSettings

if TYPE_CHECKING:
    from vision.config.files.folder import CameraFolder
    from vision.supervisor import Allocation


def register(app: typer.Typer) -> None:
    app.command()(work)


def work(
    *,
    cameras: Annotated[Path | None, typer.Option(help="Folder of camera files.")] = None,
    redis: Annotated[str | None, typer.Option(help="Address of Redis; put a password into NGATU_REDIS_URL.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder for events that wait for Redis.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A model's name, or an .onnx file; default: the default model, which promotion changes."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; 0: chosen for this machine.", min=0)] = None,
    threads: Annotated[
        int | None, typer.Option(help="Inference threads in each; 0: cores divided by workers.", min=0)
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="tensorrt, cuda, openvino or cpu; default: the best available.")
    ] = None,
) -> None:
    """Watch all cameras of a folder and publish events.

    Options default to NGATU_CAMERAS, NGATU_REDIS_URL, NGATU_STATE, NGATU_MODEL, NGATU_WORKERS, NGATU_THREADS and
    NGATU_PROVIDER. A changed or added file takes effect within two seconds, a removed one within seven, and affects no
    other camera; of a file with a mistake, the last good version stays in force. Without Redis, events wait on disk.
    SIGTERM or Ctrl-C stops in good order; a second one stops at once.
    """
    from vision.common.logging import configure_logging, route_library_logs

    settings = _settings(
        cameras=cameras,
        redis_url=redis,
        state=state,
        model=model,
        workers=workers,
        threads=threads,
        provider=provider,
    )
    configure_logging(worker="supervisor")
    route_library_logs(worker="supervisor")
    is_orderly = _run(settings)
    raise typer.Exit(0 if is_orderly else 1)


def _settings(**options: Any) -> WorkerSettings:
    try:
        return WorkerSettings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        faults = (f"NGATU_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise NgatuError("; ".join(faults)) from None


def _run(settings: WorkerSettings) -> bool:
    from vision.config.bus import connect
    from vision.config.files.folder import FolderWatch, require_folder
    from vision.supervisor import Supervisor

    connect(settings.redis_url).close()
    _find_model(settings.model)
    require_folder(settings.cameras, settings.state)
    watch = FolderWatch(settings.cameras, state=settings.state)
    watch.poll()
    supervisor = Supervisor(watch, _allocation(settings, watch.now), environment_of(settings))
    with stop_on_signals(supervisor.stop):
        return supervisor.run()


def _find_model(named: str | None) -> None:
    """Fail at once, not in a worker's log, where the model cannot be used; without a name either default will do."""
    from vision.core import ModelError
    from vision.detection.loading import locate
    from vision.detection.models.cards import DEFAULT_MODEL, default_model
    from vision.detection.models.trial import try_out

    try:
        locate(named or default_model())
        if named:
            try_out(named)
    except ModelError:
        if named or default_model() == DEFAULT_MODEL:
            raise
        locate(DEFAULT_MODEL)


def _allocation(settings: WorkerSettings, folder: "CameraFolder") -> "Allocation":
    from vision.detection.session import choose_providers
    from vision.supervisor import allocation_for, usable_cores

    provider = choose_providers([settings.provider] if settings.provider else None)[0]
    cameras = sum(camera.enabled for camera in folder.cameras.values())
    return allocation_for(
        cameras,
        cores=usable_cores(),
        gpu=provider in {"TensorrtExecutionProvider", "CUDAExecutionProvider"},
        workers=settings.workers,
        threads=settings.threads,
    )


def environment_of(settings: WorkerSettings) -> dict[str, str]:
    """The settings as the environment variables that a worker process reads."""
    plain = settings.model_dump(exclude={"redis_url"}, exclude_none=True)
    values = {"redis_url": settings.redis_url.get_secret_value(), **plain}
    return {f"NGATU_{name.upper()}": str(value) for name, value in values.items()}
