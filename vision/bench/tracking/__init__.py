"""How detections and tracks differ from labelled tracks: jitter, misses, ID switches."""
