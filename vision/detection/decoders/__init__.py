"""Decoders of the supported model families, one file each."""

from vision.detection.decoders import detr, end_to_end, nanodet, yolo, yolox
from vision.detection.decoders.base import Candidates, Family, Outputs, Probe, Wanted

FAMILIES: dict[str, Family] = {
    f.name: f for f in (nanodet.FAMILY, detr.FAMILY, yolo.FAMILY, yolox.FAMILY, end_to_end.FAMILY)
}
"""By name, in the order in which a file is tried against them."""

__all__ = ["FAMILIES", "Candidates", "Family", "Outputs", "Probe", "Wanted"]
