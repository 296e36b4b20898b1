"""Lines in a picture: pure functions of arrays."""

from vision.geometry.lines import extent_across_px, place_on_line, signed_distance_px, zero_crossing

__all__ = ["extent_across_px", "place_on_line", "signed_distance_px", "zero_crossing"]
