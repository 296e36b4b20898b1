"""Scores tracks against labelled ones (HOTA, IDF1, MOTA), and measures the noise of detections and tracks."""
