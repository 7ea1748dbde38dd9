"""What the student is asked to get right: registered losses, each with its source.

Every module of this package is found by itself; a new loss is a new class with a name (`@LOSSES.register`).
"""
