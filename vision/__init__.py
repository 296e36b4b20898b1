"""What happens on a camera's side: ingest, detect, track, measure, publish."""
