"""The speed of each vehicle at the lines of a calibrated camera: `python speeds.py VIDEO CAMERA.yaml`."""

import sys

import vision as vn

counted = vn.count_video(sys.argv[1], vn.Camera.from_yaml(sys.argv[2]))
for passage in counted.crossings:
    crossing = passage.crossing
    speed = "unknown" if crossing.speed_kmh is None else f"{crossing.speed_kmh:.0f} km/h"
    print(f"{crossing.at_s:6.2f} s  {crossing.line_id:10} {crossing.direction:4} {crossing.object_class:10} {speed}")
