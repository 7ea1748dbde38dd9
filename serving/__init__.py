"""The HTTP service over a model folder. Uses extractor alone."""
