"""Loads a detector from a card or a bare ONNX file: runs it once and recognises family and classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vision.common.object_class import ObjectClass
from vision.common.paths import cache_dir
from vision.core import ModelError
from vision.detection.class_map import COCO, by_name, names_in_metadata
from vision.detection.decoders import FAMILIES, Family, Probe
from vision.detection.decoders.detr import SIZES_INPUT
from vision.detection.detector import MIN_SCORES, Detector, ModelInfo, feed_of
from vision.detection.models.cards import (
    ModelCard,
    PackagedSource,
    check_digest,
    default_model,
    find_card,
    weights_file,
)
from vision.detection.session import Session, usable_cpus

PROBE_SIDE_PX = 320
"""Side of the blank picture by which a model of open input size is recognised."""
MAX_INPUT_SIDE_PX = 4096
"""A larger input is refused before memory is allocated for it."""


def load_detector(
    model: Path | str | None = None,
    *,
    providers: Sequence[str] | None = None,
    threads: int | None = None,
    size: int | None = None,
    thresholds: Mapping[ObjectClass, float] | None = None,
) -> Detector:
    """A detector from a card's name or the path of an ONNX file; by default the default model.

    `providers` overrides the choice of hardware (tensorrt, cuda, openvino, cpu), `threads` the CPU threads of one
    inference, `size` the input's long side in pixels where the model leaves it open, `thresholds` the minimum score of
    some classes. Raises ModelError naming the file and what was expected.
    """
    file, card = locate(default_model() if model is None else model)
    session = Session(file, providers=providers, threads=threads)
    return build_detector(session, card, threads=threads, size=size, thresholds=thresholds)


def locate(model: Path | str) -> tuple[Path, ModelCard | None]:
    """The ONNX file of a name or path, and its card if it has one."""
    if is_file_name(model):
        return Path(model), None
    card = find_card(str(model))
    file = weights_file(card)
    if not file.is_file():
        if isinstance(card.source, PackagedSource):
            raise ModelError(f"model '{card.name}': it comes with ngatu, but {file} is absent; reinstall ngatu")
        raise ModelError(
            f"model '{card.name}': its weights are not in {cache_dir('models')}; "
            f"get them by `ngatu models pull {card.name}`, or name the path of an .onnx file"
        )
    check_digest(card, file)
    return file, card


def is_file_name(model: Path | str) -> bool:
    """Whether the name is that of a file, not of a card."""
    return isinstance(model, Path) or model.endswith(".onnx") or Path(model).is_file()


def build_detector(
    session: Session,
    card: ModelCard | None,
    *,
    threads: int | None = None,
    size: int | None = None,
    thresholds: Mapping[ObjectClass, float] | None = None,
) -> Detector:
    """The detector over an open session; what the card does not say is read from the file."""
    info, family = describe(session, card, threads=threads, size=size)
    return Detector(info, session, family, thresholds={**MIN_SCORES, **(thresholds or {})})


def describe(
    session: Session, card: ModelCard | None, *, threads: int | None = None, size: int | None = None
) -> tuple[ModelInfo, Family]:
    """What a model is, from its card and its file, and the family that decodes its outputs. Raises ModelError."""
    family, probe = recognise(session, card)
    names = _names(session, family, probe, card)
    mapping = card.mapping(names) if card else by_name(names)
    if not set(names) & set(mapping):
        raise ModelError(
            f"model {session.file}: none of its {len(names)} classes ({', '.join(names[:8])}, …) is a road user; "
            f"expected some of {', '.join(ObjectClass)}, or a card with `classes` that maps them"
        )
    spec = (card.input if card else None) or family.input
    height, width = _open_sides(session)
    info = ModelInfo(
        name=card.name if card else session.file.stem,
        family=family.name,
        file=session.file,
        licence=card.licence if card else session.metadata.get("license", "unknown"),
        input=spec.model_copy(update={"size": size}) if size else spec,
        width=width,
        height=height,
        batches=_takes_two(session, probe),
        names=names,
        classes=mapping,
        calibration=family.calibration if card is None or card.calibration is None else card.calibration,
        providers=session.providers,
        threads=threads or usable_cpus(),
    )
    return info, family


def recognise(session: Session, card: ModelCard | None = None) -> tuple[Family, Probe]:
    """Run the model on a blank picture and find the family that has such outputs."""
    task = session.metadata.get("task", "detect")
    if task != "detect":
        raise ModelError(f"model {session.file}: its metadata says task '{task}'; expected 'detect'")
    probe = _probe(session)
    if card and card.family:
        family = FAMILIES[card.family]
        if family.recognises(probe) is None:
            raise ModelError(
                f"model {session.file}: its card says {family.name}, so {family.expects} was expected; "
                f"it has {_described_outputs(probe)}"
            )
        return family, probe
    for family in FAMILIES.values():
        if family.recognises(probe) is not None:
            return family, probe
    known = "; ".join(f"{f.name}: {f.expects}" for f in FAMILIES.values())
    raise ModelError(
        f"model {session.file}: its outputs, {_described_outputs(probe)}, are of no known family ({known})"
    )


def _probe(session: Session) -> Probe:
    height, width = (side or PROBE_SIDE_PX for side in _open_sides(session))
    outputs = session.run(feed_of(session, np.zeros((1, 3, height, width), np.float32)))
    return Probe(
        output_names=session.output_names,
        shapes=tuple(o.shape for o in outputs),
        input_names=tuple(i.name for i in session.inputs),
        width=width,
        height=height,
    )


def _takes_two(session: Session, probe: Probe) -> bool:
    """Whether two pictures go through at once. Some exporters leave the batch axis open by name only."""
    if isinstance(_picture_input(session).shape[0], int):
        return False
    try:
        outputs = session.run(feed_of(session, np.zeros((2, 3, probe.height, probe.width), np.float32)))
    except ModelError:
        return False
    return all(
        len(two.shape) > 0 and two.shape[0] == 2 * one[0] for two, one in zip(outputs, probe.shapes, strict=True)
    )


def _picture_input(session: Session) -> Any:
    """The one input that takes pictures: four axes, of which the second holds three channels."""
    pictures = [i for i in session.inputs if len(i.shape) == 4 and i.type in {"tensor(float)", "tensor(float16)"}]
    others = [i.name for i in session.inputs if i not in pictures and i.name != SIZES_INPUT]
    if len(pictures) != 1 or others or pictures[0].shape[1] not in (3, "channels", None):
        said = ", ".join(f"{i.name} {i.type} {i.shape}" for i in session.inputs)
        raise ModelError(f"model {session.file}: expected one input of pictures [N, 3, height, width], it has {said}")
    return pictures[0]


def _open_sides(session: Session) -> tuple[int | None, int | None]:
    """Height and width that the model prescribes, None where its axis is open."""
    height, width = (s if isinstance(s, int) else None for s in _picture_input(session).shape[2:])
    if max(height or 0, width or 0) > MAX_INPUT_SIDE_PX:
        raise ModelError(f"model {session.file}: its input is {width} x {height}; the maximum is {MAX_INPUT_SIDE_PX}")
    return height, width


def _names(session: Session, family: Family, probe: Probe, card: ModelCard | None) -> tuple[str, ...]:
    """The card's names, else the file's own, else COCO's where their number fits."""
    scored = family.recognises(probe) or 0
    own = names_in_metadata(session.metadata.get("names", ""))
    names = (card.class_names() if card else None) or own or (COCO if scored in (0, len(COCO)) else None)
    if names is None:
        raise ModelError(
            f"model {session.file}: it has {scored} classes and no `names` in its metadata; "
            "give it a card with `names` in the model's order"
        )
    if scored and scored != len(names):
        named_by = "its card" if card and card.class_names() else "its metadata"
        raise ModelError(f"model {session.file}: it scores {scored} classes, but {named_by} names {len(names)}")
    return names


def _described_outputs(probe: Probe) -> str:
    return ", ".join(f"{n} {list(s)}" for n, s in zip(probe.output_names, probe.shapes, strict=True))
