"""Release of a trained detector: the gate, the model card, promotion to the default model."""
