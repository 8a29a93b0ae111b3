"""Resume equals the uninterrupted run: for random flows, every checkpoint, and what happened outside.

Eight tests of 150 flows each, so that workers share them. ``python tests/support/resume_property.py 50000`` tries more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from random_flows import draw_flow
from random_nodes import FlowSpec
from resume_property import check

DEPTH = 4


@st.composite
def flows(draw: Callable[[Any], Any]) -> tuple[FlowSpec, dict[str, Any]]:
    return draw_flow(lambda choices: int(draw(st.integers(0, choices - 1))), DEPTH)


def resume_equals_the_uninterrupted_run(part: int) -> Callable[[], None]:
    @seed(part)
    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(flows())
    def test(drawn: tuple[FlowSpec, Mapping[str, Any]]) -> None:
        spec, input = drawn
        note(f"input {input}")
        check(spec, input)

    return test


test_resume_equals_the_uninterrupted_run_0 = resume_equals_the_uninterrupted_run(0)
test_resume_equals_the_uninterrupted_run_1 = resume_equals_the_uninterrupted_run(1)
test_resume_equals_the_uninterrupted_run_2 = resume_equals_the_uninterrupted_run(2)
test_resume_equals_the_uninterrupted_run_3 = resume_equals_the_uninterrupted_run(3)
test_resume_equals_the_uninterrupted_run_4 = resume_equals_the_uninterrupted_run(4)
test_resume_equals_the_uninterrupted_run_5 = resume_equals_the_uninterrupted_run(5)
test_resume_equals_the_uninterrupted_run_6 = resume_equals_the_uninterrupted_run(6)
test_resume_equals_the_uninterrupted_run_7 = resume_equals_the_uninterrupted_run(7)
