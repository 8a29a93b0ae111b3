"""What the annotations of a flow name, and whether a value fits them.

A class definition needs ``forms`` only, so ``import stepkit`` loads nothing else of this package.
"""
