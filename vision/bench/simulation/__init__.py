"""Incidents and measures at scale: traffic simulated by SUMO, observed by a virtual camera, scored against the truth.

1. `roads` and `episodes` define what is simulated; `simulate` runs SUMO (`sumo`) and reads its recording.
2. `sensor` turns the recording into noisy detections; `system_under_test` runs ngatu's tracker and analytics on them.
3. `ground_truth` derives the expected incidents; `evaluation` matches and scores; `runner` does this for all episodes.

It runs from a checkout: the wheel does not contain it.
"""
