"""The world of the dialogue, for one user and the length of one request."""

from wizard.world.world import World

__all__ = ["World"]
