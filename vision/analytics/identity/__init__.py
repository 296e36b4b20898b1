"""Identity: which tracks are one vehicle, by stitching, ID switches, ID takeovers and occlusion."""
