"""The engine of several machines: replicas on a Ray cluster, each a LocalEngine of its own."""
