"""What truly happens in a simulated episode: incidents, queues, traffic states."""
