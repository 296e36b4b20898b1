"""The detector that a worker starts with; the watch over the default model, where the settings name none."""

import numpy as np
import structlog

from vision.config.settings import WorkerSettings
from vision.core import ModelError
from vision.detection import Detector, load_detector
from vision.detection.cards import DEFAULT_MODEL, default_pointer
from vision.worker.model_watch import Loaded, ModelWatch, Promotion

MOST_BATCH = 16
CPU = "CPUExecutionProvider"
WARM_WIDTH, WARM_HEIGHT = 1280, 720

log = structlog.get_logger(__name__)


def batch_limit(detector: Detector) -> int:
    """How many pictures go through the model at once.

    On a CPU one: a batch is no faster there, picture for picture (yolo26n at 640x384, one thread: 37 ms alone, 40 ms in
    a batch of 4), and whoever is in it waits for all.
    """
    if not detector.model.batches or detector.model.providers[0] == CPU:
        return 1
    return MOST_BATCH


def load(model: str, settings: WorkerSettings) -> Loaded:
    """A detector that has looked at a picture: what takes long the first time is behind it.

    Raises ModelError where the model cannot be loaded, or cannot look.
    """
    detector = load_detector(
        model, providers=[settings.provider] if settings.provider else None, threads=settings.threads or None
    )
    limit = batch_limit(detector)
    detector.detect([np.zeros((WARM_HEIGHT, WARM_WIDTH, 3), np.uint8)] * limit)
    return Loaded(detector, detector.model.name, detector.model.providers[0], limit)


def load_default(settings: WorkerSettings) -> tuple[Loaded, ModelWatch]:
    """The default model, and the watch that takes up each one promoted from now on.

    A promoted model that cannot be loaded is passed over for the one that comes with ngatu, so that a worker that is
    started anew at night does not stand still. Raises ModelError where that one cannot be loaded either.
    """
    wanted = _first_promotion()
    trouble = ""
    try:
        loaded = load(wanted.model, settings)
    except ModelError as error:
        if wanted.model == DEFAULT_MODEL:
            raise
        trouble = f"model {wanted.model!r} was promoted and is not used, {DEFAULT_MODEL!r} is: {error}"
        log.error("promoted model refused", model=wanted.model, reason=str(error))  # noqa: TRY400 - it says it all
        loaded = load(DEFAULT_MODEL, settings)
    watch = ModelWatch(wanted, ask=promotion, load=lambda model: load(model, settings), trouble=trouble)
    return loaded, watch


def _first_promotion() -> Promotion:
    """`promotion`, but a pointer that cannot be read is as good as none: the watch says what is wrong with it."""
    try:
        return promotion()
    except (OSError, UnicodeDecodeError):
        return Promotion(DEFAULT_MODEL)


def promotion() -> Promotion:
    """The newest promotion on this machine; of the model that comes with ngatu where there was none.

    The card is not looked for here: the watch asks often, and a name without a card has to be told as trouble.
    """
    pointer = default_pointer()
    try:
        name, stamp = pointer.read_text(encoding="utf-8").strip(), pointer.stat().st_mtime_ns
    except FileNotFoundError:
        return Promotion(DEFAULT_MODEL)
    return Promotion(name, stamp)
