"""How fast the service is, measured: `python -m serving.benchmark --help`."""
