"""Incidents from a detector of your own: `python own_detector.py VIDEO CAMERA.yaml`.

The detector here is OpenCV's background subtraction: whatever moves and is large enough is called a car. Put yours in
its place; `vn.Detections.from_ultralytics` and `vn.Detections.from_supervision` convert what other libraries return.
"""

import sys

import cv2
import numpy as np

import vision as vn

background = cv2.createBackgroundSubtractorMOG2(detectShadows=False)


def detect(image: np.ndarray) -> vn.Detections:
    """Boxes around what moves, of at least 400 pixels."""
    moving = cv2.morphologyEx(
        background.apply(image, learningRate=0.0005), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)
    )
    outlines, _ = cv2.findContours(moving, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(outline) for outline in outlines if cv2.contourArea(outline) >= 400]
    xyxy = np.array([(x, y, x + width, y + height) for x, y, width, height in boxes], np.float32).reshape(-1, 4)
    cars = np.full(len(xyxy), vn.ObjectClass.CAR.class_id, np.int64)
    return vn.Detections(xyxy=xyxy, confidence=np.full(len(xyxy), 0.9, np.float32), class_id=cars)


camera = vn.Camera.from_yaml(sys.argv[2])
pipeline = vn.Pipeline(camera)
crossings: list[vn.Crossing] = []
incidents: list[vn.IncidentChange] = []
for frame in vn.frames(sys.argv[1], fps=camera.detection.fps):
    result = pipeline.process(frame, detect(frame.image))
    crossings += result.crossings
    incidents += result.incidents
last = pipeline.close()  # what was not reported yet: the last crossings, and the ends of open incidents
crossings += last.crossings
incidents += last.incidents
for incident in incidents:
    print(f"{incident.at_s:6.2f} s  {incident.kind} {incident.phase}: {incident.evidence.reason}")
print(f"{len(crossings)} crossings, {sum(incident.phase == 'raised' for incident in incidents)} incidents")
