"""What analytics cost: time per frame and memory on synthetic tracks."""
