"""The detector that always works: fetched from the package registries and made into ONNX here."""
