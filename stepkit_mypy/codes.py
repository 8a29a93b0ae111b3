"""The error codes of the plugin. The documentation has a page for each."""

from __future__ import annotations

from typing import Final

from mypy.errorcodes import ErrorCode

SUMMARIES: Final[dict[str, str]] = {
    "stepkit-missing-key": "A step reads a key that nothing before it gives",
    "stepkit-useless-default": "A step reads, with a default, a key that nothing before it gives",
    "stepkit-maybe-missing": "A step reads, without a default, a key that may be missing",
    "stepkit-key-type": "A parameter's annotation does not accept the key's type",
    "stepkit-parameters": "A step's parameters cannot be injected from a context",
    "stepkit-when": "A parameter of a when= function does not fit the context, or a lambda there gives no bool",
    "stepkit-return": "A step returns something that is no mapping with known string keys",
    "stepkit-branch-case": "A branch returns the name of a case that it does not have",
    "stepkit-no-flow": "What stands where a nested flow or a case must is no flow",
    "stepkit-nested-input": "The context does not satisfy the input of a nested flow, a case or a group's member",
    "stepkit-collision": "Two steps give the same key, and the merge policy is error",
    "stepkit-unsavable": "A checkpointed flow has a key whose type no checkpoint can save",
    "stepkit-override": "override_data has a key that no step sees, or a value of a wrong type",
    "stepkit-override-step": "What a subclass gives is not what users of its base read",
    "stepkit-definition": "A declaration that the class could not be created with",
    "stepkit-open": "A note: from here on the keys of the context are not known",
    "stepkit-internal": "The plugin met something that it did not expect; please report it",
}

CODES: Final = {name: ErrorCode(name, summary, "stepkit") for name, summary in SUMMARIES.items()}
