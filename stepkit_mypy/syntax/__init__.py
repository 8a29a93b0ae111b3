"""What the syntax of a flow class says."""
