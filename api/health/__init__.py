"""The service's own health, for orchestrators and Prometheus."""
