"""What the body of a step gives."""
