"""How the rows of a flow class become known."""
