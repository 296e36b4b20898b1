"""The labelling loop: pictures of a city's cameras, labels that models propose, and people's corrections."""
