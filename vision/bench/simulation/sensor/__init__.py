"""A virtual camera with the noise of a real detector and tracker."""
