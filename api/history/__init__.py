"""What was counted: single crossings and movements, counts by interval, flow reports and how far to trust them."""
