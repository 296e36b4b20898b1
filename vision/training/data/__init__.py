"""Training data: reads data sets in YOLO form, adds pseudo-labels, expands rider boxes, extracts cut-outs."""
