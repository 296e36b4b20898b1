"""Counts one clip with Ultralytics' ObjectCounter and prints JSON; needs ultralytics and nothing of ngatu.

Usage, with an interpreter that has ultralytics: `python objectcounter_script.py CLIP MODEL x0,y0,x1,y1`. Every frame is
analysed at 640 pixels, the peer's defaults. The time is that of decoding, detecting, tracking and counting, without
loading the model.
"""

import json
import sys
import time

import cv2
from ultralytics import solutions

VEHICLES = [1, 2, 3, 5, 7]
"""COCO's bicycle, car, motorcycle, bus, truck."""


def main(clip: str, model: str, line: str) -> None:
    video = cv2.VideoCapture(clip)
    ok, picture = video.read()
    if not ok:
        sys.exit(f"{clip}: OpenCV cannot decode it")
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = (float(part) for part in line.split(","))
    region = [(int(x0 * width), int(y0 * height)), (int(x1 * width), int(y1 * height))]
    counter = solutions.ObjectCounter(
        model=model, region=region, classes=VEHICLES, imgsz=640, show=False, verbose=False, device="cpu"
    )
    counter(picture.copy())
    frames, started_s, cpu_before_s = 1, time.perf_counter(), time.process_time()
    while True:
        ok, picture = video.read()
        if not ok:
            break
        counter(picture)
        frames += 1
    times = {"wall_s": time.perf_counter() - started_s, "cpu_s": time.process_time() - cpu_before_s}
    result = {"in": counter.in_count, "out": counter.out_count, "frames": frames, **times}
    sys.stdout.write("\n" + json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
