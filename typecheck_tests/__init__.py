"""What the mypy plugin says about programs, in every way in which mypy is run. See README.md in this folder."""
