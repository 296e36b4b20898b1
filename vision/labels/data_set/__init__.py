"""A labelled data set on disk: pictures, boxes, provenance, splits and checks."""
