"""Deploys a service: build, test, canary, rollout; a failed canary rolls back. Names of steps are an enum's values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NotRequired, TypedDict

from stepkit import CircuitBreaker, Flow, flow
from stepkit.errors import CircuitOpenError, StepkitError

Stage = Literal["canary", "full"]


class Version(NamedTuple):
    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Version:
        match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
        if match is None:
            raise ValueError(text)
        major, minor, patch = match.groups("0")
        return cls(int(major), int(minor), int(patch))


@dataclass
class Cluster:
    running: dict[str, Version] = field(default_factory=dict)
    unhealthy: set[Version] = field(default_factory=set)

    def deploy(self, service: str, version: Version, share: int) -> Version | None:
        previous = self.running.get(service)
        if share == 100:
            self.running[service] = version
        return previous

    def healthy(self, version: Version) -> Iterator[bool]:
        for _ in range(3):
            yield version not in self.unhealthy


class DeployInput(TypedDict):
    service: str
    tag: str
    stage: NotRequired[Stage]


class Rollout(Flow[DeployInput]):
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @flow.step("replace")
    def replace(self, service, tag):
        previous = self.cluster.deploy(service, Version.parse(tag), 100)
        return {"previous": previous, "status": "live"}


class Rollback(Flow[DeployInput]):
    @flow.step("rollback")
    def rollback(self, service):
        return {"status": f"{service} rolled back", "alert": True}


class Deploy(Flow[DeployInput], name="deploy"):
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    @flow.step("build", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=60))
    def build(self, service, tag):
        version = Version.parse(tag)
        return {"version": version, "image": f"{service}:{'.'.join(map(str, version))}"}

    @flow.step("canary", when=lambda version, stage="canary": stage == "canary" and version.patch == 0)
    def canary(self, service, version):
        self.cluster.deploy(service, version, 5)
        checks = list(self.cluster.healthy(version))
        return {"healthy": all(checks), "checks": len(checks)}

    @flow.branch("decide", cases={"rollout": lambda self: Rollout(self.cluster), "rollback": Rollback})
    def decide(self, healthy: bool = True):
        return "rollout" if healthy else "rollback"

    @flow.step("announce")
    def announce(self, image, status, version, previous=None, alert=False):
        change = "first" if previous is None else "minor" if previous.major == version.major else "major"
        return {"announcement": f"{image} is {status} ({'!' if alert else change})"}


def deploy_all(cluster: Cluster, tags: Mapping[str, str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for service, tag in tags.items():
        try:
            said[service] = Deploy(cluster).run_sync({"service": service, "tag": tag})["announcement"]
        except ValueError as error:
            said[service] = f"no version: {error}"
        except CircuitOpenError:
            said[service] = "builder is down"
        except StepkitError as error:
            said[service] = type(error).__name__
    return said


if __name__ == "__main__":
    cluster = Cluster({"api": Version(1, 9)}, {Version(3, 0)})
    said = deploy_all(cluster, {"api": "v2.0.1", "web": "v3.0", "job": "latest", "mail": "1.2", "cron": "x"})
    assert said["api"] == "api:2.0.1 is live (major)" and said["web"] == "web:3.0.0 is web rolled back (!)", said
    assert said["job"] == "no version: latest" and said["mail"] == "mail:1.2.0 is live (first)"
