"""What is said of a flow class: each file judges one thing."""
