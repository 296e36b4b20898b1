"""How well vehicles are counted: clips with hand counts, scores, and a peer on the same clips."""
