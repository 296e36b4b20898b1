"""Loads the detector that a worker starts with, and watches the default model where the settings name none."""

import numpy as np
import structlog

from vision.config.settings import WorkerSettings
from vision.core import ModelError
from vision.detection import Detector, load_detector
from vision.detection.models.cards import DEFAULT_MODEL, default_pointer
from vision.detection.models.trial import try_out
from vision.worker.model_watch import LoadedModel, ModelWatch, Promotion

MAX_BATCH = 16
CPU = "CPUExecutionProvider"
WARM_UP_WIDTH_PX, WARM_UP_HEIGHT_PX = 1280, 720

log = structlog.get_logger(__name__)


def batch_limit(detector: Detector) -> int:
    """How many images go through the model at once.

    One on a CPU: a batch is no faster per image there (yolo26n at 640x384, one thread: 37 ms alone, 40 ms in a batch of
    4), and every image in it waits for all.
    """
    if not detector.model.batches or detector.model.providers[0] == CPU:
        return 1
    return MAX_BATCH


def load(model: str, settings: WorkerSettings) -> LoadedModel:
    """Load a model, and run it once: the first inference takes much longer than later ones.

    Raises:
        ModelError: the model cannot be loaded or run.
    """
    detector = load_detector(
        model, providers=[settings.provider] if settings.provider else None, threads=settings.threads or None
    )
    limit = batch_limit(detector)
    detector.detect([np.zeros((WARM_UP_HEIGHT_PX, WARM_UP_WIDTH_PX, 3), np.uint8)] * limit)
    return LoadedModel(detector, detector.model.name, detector.model.providers[0], limit)


def load_default(settings: WorkerSettings) -> tuple[LoadedModel, ModelWatch]:
    """Load the default model; the watch loads each model that is promoted from now on.

    Where a promoted model cannot be loaded, the one that comes with ngatu is used, so that a worker that restarts at
    night does not stop.

    Raises:
        ModelError: the model that comes with ngatu cannot be loaded either.
    """
    wanted = _first_promotion()
    trouble = ""
    try:
        loaded = load(wanted.model, settings)
    except ModelError as error:
        if wanted.model == DEFAULT_MODEL:
            raise
        trouble = f"model {wanted.model!r} was promoted but cannot be used, {DEFAULT_MODEL!r} is used instead: {error}"
        log.error("promoted model rejected", model=wanted.model, reason=str(error))  # noqa: TRY400 - the reason is enough
        loaded = load(DEFAULT_MODEL, settings)
    watch = ModelWatch(wanted, newest=promotion, load=lambda model: _load_tried(model, settings), trouble=trouble)
    return loaded, watch


def _load_tried(model: str, settings: WorkerSettings) -> LoadedModel:
    """Load a model that runs in a process of its own: a worker that is at work must not hang or die by it.

    Raises:
        ModelError: it does not.
    """
    try_out(model)
    return load(model, settings)


def _first_promotion() -> Promotion:
    """`promotion`; the default model where its pointer cannot be read: the watch reports that."""
    try:
        return promotion()
    except (OSError, UnicodeDecodeError):
        return Promotion(DEFAULT_MODEL)


def promotion() -> Promotion:
    """The newest promotion on this machine; without one, the model that comes with ngatu.

    It does not look for the model's card: it is called often, and a name without a card is reported as trouble.
    """
    pointer = default_pointer()
    try:
        name, stamp = pointer.read_text(encoding="utf-8").strip(), pointer.stat().st_mtime_ns
    except FileNotFoundError:
        return Promotion(DEFAULT_MODEL)
    return Promotion(name, stamp)
