"""How well a camera sees: brightness, sharpness, rain."""
