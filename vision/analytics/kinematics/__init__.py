"""How road users move: observations, ground plane, trajectories and velocities of the tracks of one camera."""
