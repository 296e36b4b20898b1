"""One camera in a worker: its runner, sessions, reports, health and stored state."""
