"""Count the vehicles of a video over a line: `python count_video.py VIDEO`."""

import sys
from collections import Counter

import vision as vn

camera = vn.Camera(id="gate", lines=(vn.Line(id="left-arm", start=(0.25, 0.48), end=(0.37, 0.13)),))
counted = vn.count_video(sys.argv[1], camera)
counts = Counter((c.crossing.object_class.value, c.crossing.direction.value) for c in counted.crossings)
for (object_class, direction), vehicles in sorted(counts.items()):
    print(f"{object_class} {direction}: {vehicles}")
print(f"{len(counted.crossings)} vehicles in {counted.video_s:.0f} s of video, {counted.speed:.1f} times real time")
