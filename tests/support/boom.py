"""The error of steps that fail."""


class Boom(Exception):
    """What a step raises that was told to fail."""
