"""Training a detector: data preparation, training with Ultralytics, evaluation, release."""
