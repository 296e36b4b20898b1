"""Vehicles of a live camera, passed to your own code: `python live_camera.py rtsp://USER:PASSWORD@HOST/PATH [FRAMES]`.

Stops after FRAMES analysed frames, or on Ctrl-C. A stream that breaks is reopened by itself.
"""

import sys
import threading
from itertools import islice

import vision as vn

stop = threading.Event()
frames_to_read = int(sys.argv[2]) if len(sys.argv) > 2 else None
camera = vn.Camera(id="live", lines=(vn.Line(id="left-arm", start=(0.25, 0.48), end=(0.37, 0.13)),))
detector, pipeline = vn.Detector(), vn.Pipeline(camera)

try:
    for frame in islice(vn.frames(sys.argv[1], fps=camera.detection.fps, stop=stop), frames_to_read):
        [detections] = detector.detect([frame.image])
        result = pipeline.process(frame, detections)
        # Your own code: here it prints what is in sight.
        print(f"{frame.captured_at:%H:%M:%S} {len(result.tracks)} road users, {len(result.crossings)} crossed the line")
except KeyboardInterrupt:
    pass
finally:
    stop.set()
