"""Image quality: brightness, sharpness and rain."""
