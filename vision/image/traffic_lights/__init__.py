"""The state of traffic lights: read from lamps, timed, or reported by a controller."""
