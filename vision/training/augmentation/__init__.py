"""Augmentation: weather and camera corruptions, and copy-paste of cut-outs."""

# The training script imports these modules by their bare names in another environment: they import nothing of ngatu.
