"""Detection: ONNX models of several families behind one detector of road users."""

from vision.detection.detector import Detector, ModelInfo
from vision.detection.loading import load_detector

__all__ = ["Detector", "ModelInfo", "load_detector"]
