"""How good a detector is: matches, average precision, comparison, reports."""
