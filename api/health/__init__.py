"""Whether the service itself is well, for orchestrators and Prometheus."""
