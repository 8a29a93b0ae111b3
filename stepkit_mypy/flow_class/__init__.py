"""A flow class while it is being checked."""
