"""What incident rules measure beyond kinematics: track history, standstill, braking, line clearance."""
