"""Training data: reading, preparing and completing labelled data sets."""
