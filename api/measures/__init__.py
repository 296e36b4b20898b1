"""Interval reports of lines and zones: flow, headways, speeds, occupancy, queues, congestion."""
