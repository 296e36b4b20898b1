"""Incidents and measures at scale: SUMO's traffic, seen by a virtual camera through a detector's noise, and scored.

`roads` says what there is to see, `episodes` what happens in it, `simulation` lets SUMO drive it, `camera` and `noise`
make tracks of it, `watching` lets the product's own analytics look at these, and `truth`, `events`, `matching` and
`scoring` say how well it did.
"""
