"""What services do with stepkit. Run them from the repository: ``python -m examples.demo``."""
