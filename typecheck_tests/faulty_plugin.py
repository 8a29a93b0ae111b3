"""stepkit's plugin with a fault: every look at a flow that is called ``Broken`` fails."""

from __future__ import annotations

from mypy.nodes import TypeInfo
from mypy.options import Options
from mypy.plugin import Plugin

from stepkit_mypy.flow_class.work import Work, Works
from stepkit_mypy.plugin import StepkitPlugin


class FaultyWorks(Works):
    def get(self, info: TypeInfo) -> Work | None:
        if info.name == "Broken":
            raise LookupError("a planted fault")
        return super().get(info)


class FaultyPlugin(StepkitPlugin):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.session.works = FaultyWorks(self.session.works.trees)


def plugin(version: str) -> type[Plugin]:
    return FaultyPlugin
