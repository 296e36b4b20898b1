"""Traffic lights: what their controllers report is passed on to the workers and not stored."""
