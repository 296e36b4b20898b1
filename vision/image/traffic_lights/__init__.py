"""The state of traffic lights: read from lamps, timed, or reported from outside."""
