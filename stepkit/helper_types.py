"""Type helpers that the mypy plugin fills; without it they are loose.

``StepNames[Calc]`` is the union of the names of the flow's steps, ``StepInput[Calc, Literal["double"]]`` the context
that the step sees, ``StepOutput[Calc, Literal["double"]]`` the context after it.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeAliasType, TypeVar

FlowT = TypeVar("FlowT")
NameT = TypeVar("NameT")

StepNames = TypeAliasType("StepNames", str, type_params=(FlowT,))
StepInput = TypeAliasType("StepInput", Any, type_params=(FlowT, NameT))
StepOutput = TypeAliasType("StepOutput", Any, type_params=(FlowT, NameT))
