"""The names of stepkit that the plugin knows. A test looks each of them up."""

from __future__ import annotations

from typing import Final

# -- classes ---------------------------------------------------------------------------------------------------------

FLOW: Final = "stepkit.definition.Flow"
CHECK_METHOD: Final = "stepkit.definition.CheckMethod"
EVENT: Final = "stepkit.events.StepEvent"
STEP_START: Final = "stepkit.events.StepStart"
PROGRESS: Final = "stepkit.events.Progress"
CODEC: Final = "stepkit.codec.registry.Codec"
CIRCUIT_BREAKER: Final = "stepkit.table.CircuitBreaker"

STEP: Final = "stepkit.flow.Step"
BRANCH: Final = "stepkit.flow.Branch"
SUBFLOW: Final = "stepkit.flow.Subflow"
PARALLEL: Final = "stepkit.flow.Parallel"
APPROVAL: Final = "stepkit.flow.Approval"
DECLARATION: Final = "stepkit.flow.Declaration"
DECLARATIONS: Final = (STEP, BRANCH, SUBFLOW, PARALLEL, APPROVAL, DECLARATION)
"""What stands in a class body in the place of a step."""
STEP_DECORATOR: Final = "stepkit.flow.StepDecorator"
BRANCH_DECORATOR: Final = "stepkit.flow.BranchDecorator"

# -- functions that declare ------------------------------------------------------------------------------------------

STEP_FUNCTION: Final = "stepkit.flow.step"
TRANSFORM_FUNCTION: Final = "stepkit.flow.transform"
BRANCH_FUNCTION: Final = "stepkit.flow.branch"
SUBFLOW_FUNCTION: Final = "stepkit.flow.subflow"
PARALLEL_FUNCTION: Final = "stepkit.flow.parallel"
APPROVAL_FUNCTION: Final = "stepkit.flow.approval"
PARALLEL_STEP: Final = "stepkit.flow.Parallel.step"
PARALLEL_SUBFLOW: Final = "stepkit.flow.Parallel.subflow"

ERROR_POLICIES: Final = ("raise", "continue", "skip-remaining")
"""What ``on_error=`` may be beside a fallback."""

# -- helper types ----------------------------------------------------------------------------------------------------

STEP_NAMES: Final = "stepkit.helper_types.StepNames"
STEP_INPUT: Final = "stepkit.helper_types.StepInput"
STEP_OUTPUT: Final = "stepkit.helper_types.StepOutput"
HELPER_TYPES: Final = (STEP_NAMES, STEP_INPUT, STEP_OUTPUT)

# -- methods of a flow -----------------------------------------------------------------------------------------------

ON_STEP_START: Final = "on_step_start"
ON_STEP_COMPLETE: Final = "on_step_complete"
ON_STEP_ERROR: Final = "on_step_error"
ON_PROGRESS: Final = "on_progress"
OWN_CALLBACKS: Final = (ON_STEP_COMPLETE, ON_STEP_ERROR, ON_STEP_START, ON_PROGRESS)
"""The methods of a flow that are called while it runs."""
RUN_CHECKPOINT_SYNC: Final = "run_checkpoint_sync"
RUNS: Final = ("run", "run_sync", "run_checkpoint", RUN_CHECKPOINT_SYNC)
START_CHECKPOINT: Final = "start_checkpoint"
CHECK: Final = "check"
LOAD: Final = "load"

# -- attributes of an event ------------------------------------------------------------------------------------------

CONTEXT: Final = "context"
STEP_NAME: Final = "step_name"
CHECKPOINT: Final = "checkpoint"
STOP_PIPELINE: Final = "stop_pipeline"
