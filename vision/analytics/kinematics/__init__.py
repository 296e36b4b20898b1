"""Kinematics: where the tracks of one camera are on the ground plane, how fast they move, and which have stopped."""
