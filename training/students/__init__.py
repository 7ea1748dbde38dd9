"""The students that a configuration may name: what they share, and how each is built."""
