"""Which tracks are one vehicle: stitching, ID switches, ID takeovers, occlusion."""
