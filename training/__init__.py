"""From labels to a model folder: corpus, alignment, student, training loop, export, benchmark. Uses extractor."""
