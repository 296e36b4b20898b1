"""Making a detector of one's own: data sets, training in Ultralytics' environment, the gate, promotion."""
