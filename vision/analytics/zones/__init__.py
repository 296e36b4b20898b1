"""What happens in zones: presence, queues, congestion, delay and level of service."""
