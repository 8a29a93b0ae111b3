"""Settings as a pydantic model, a container that wires services, flows built from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from stepkit import Flow, LogConfig, Stopwatch, flow


class Database(BaseModel):
    url: str = "sqlite://"
    pool: int = Field(default=5, ge=1)


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    database: Database = Database()
    api: AnyHttpUrl = AnyHttpUrl("https://api.test")
    token: SecretStr = SecretStr("")
    data: Path = Path(".")
    tags: list[str] = []

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], prefix: str = "APP_") -> Settings:
        values: dict[str, Any] = {
            name.removeprefix(prefix).lower(): value for name, value in environment.items() if name.startswith(prefix)
        }
        if "tags" in values:
            values["tags"] = values["tags"].split(",")
        return cls.model_validate(values)


class ExportInput(TypedDict):
    name: str


class Writer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, lines: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines))
        return path


class Export(Flow[ExportInput], log=LogConfig(stopwatch=Stopwatch(show_summary=False), log_fn=lambda line: None)):
    def __init__(self, settings: Settings, writer: Writer) -> None:
        self.settings = settings
        self.writer = writer

    @flow.step("plan")
    def plan(self, name):
        return {
            "tags": self.settings.tags or ["all"],
            "target": f"{self.settings.api.host}/{name}",
            "pool": self.settings.database.pool,
        }

    @flow.step("authorize", when=lambda self: self.settings.token.get_secret_value() != "")
    def authorize(self):
        return {"headers": {"Authorization": f"Bearer {self.settings.token.get_secret_value()}"}}

    @flow.step("write", thread=True)
    def write(self, name, tags, target):
        path = self.writer.write(name, [target, *tags])
        return {"path": path, "size": path.stat().st_size}

    @flow.step("describe")
    def describe_it(self, path: Path, size: int, pool: int, headers: dict[str, str] | None = None):
        return {"text": f"{path.name}: {size} bytes, {pool} workers, {len(headers or {})} headers"}


class Container:
    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.from_environment(os.environ)

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.settings.data)

    @property
    def export(self) -> Export:
        return Export(self.settings, self.writer)


if __name__ == "__main__":
    container = Container(Settings.from_environment({"APP_TAGS": "a,b", "APP_TOKEN": "s3cret", "HOME": "/"}))
    result = container.export.run_sync({"name": "users.txt"})
    path: Path = result["path"]
    assert path.read_text().splitlines() == ["api.test/users.txt", "a", "b"]
    assert result["text"] == "users.txt: 22 bytes, 5 workers, 1 headers", result["text"]
    assert "headers" not in Container(Settings()).export.run_sync({"name": "x"})
