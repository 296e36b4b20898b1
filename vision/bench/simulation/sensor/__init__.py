"""A virtual camera with the measured noise of a real detector and tracker."""
