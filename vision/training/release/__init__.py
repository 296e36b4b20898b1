"""From a trained detector to the one in use: gate, model card, promotion."""
