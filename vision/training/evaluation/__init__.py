"""Evaluation of detectors: matches, average precision, comparison of two models, reports."""
