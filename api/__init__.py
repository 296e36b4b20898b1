"""What happens in the command centre: store, serve, show."""
