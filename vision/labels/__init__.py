"""The loop that makes a city's own detector: pictures of its cameras, labels for them, and people who correct both."""
