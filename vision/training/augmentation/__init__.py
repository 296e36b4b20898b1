"""Augmentation: weather and camera corruptions, copy-paste of cut-outs."""
