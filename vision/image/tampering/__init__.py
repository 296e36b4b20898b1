"""Whether a camera was moved, obscured or defocused."""
