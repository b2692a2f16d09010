"""A user's project: the checkout copied into a folder of its own, with its own local Azure."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"
)


@dataclass(frozen=True)
class Ran:
    """What a command did, for people and for asserts."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def must_work(self) -> Ran:
        assert self.code == 0, self.text
        return self

    def must_fail(self) -> Ran:
        assert self.code != 0, self.text
        assert "Traceback" not in self.text, self.text
        return self


@dataclass
class Project:
    """One checkout of a user, driven as they would: by make's commands or the plain CLI."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def at(cls, folder: Path) -> Project:
        shutil.copytree(CHECKOUT, folder, ignore=NOT_COPIED)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        return cls(folder, dict(os.environ))

    def run(self, *argv: str, timeout: float = 300) -> Ran:
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=timeout
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def tools(self, *args: str) -> Ran:
        """A command of the Makefile, without the set-up that the tests already have."""
        return self.run(sys.executable, "-m", "tools", *args)

    def shell(self, line: str) -> Ran:
        """A printed line, typed into a shell as it stands."""
        return self.run("bash", "-c", line)

    def pulumi(self, *args: str) -> Ran:
        """The plain CLI in the environment that `make env` prints, on the local stack."""
        words = shlex.join(["pulumi", "--non-interactive", "--color=never", *args])
        return self.shell(f'eval "$({shlex.quote(sys.executable)} -m tools env)" && {words}')

    def config(self, **changes: Any) -> None:
        """Change the local stack's own config (keys of the flow-endpoints namespace)."""
        path = self.folder / "Pulumi.local.yaml"
        document = yaml.safe_load(path.read_text())
        document["config"].update({f"flow-endpoints:{key}": v for key, v in changes.items()})
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of text in one of the project's files."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new))

    def answer(self, *, endpoint: str = "basic-chat") -> str:
        """What the endpoint answers to its sample request."""
        return self.tools("invoke", "--endpoint", endpoint).must_work().out

    def stop(self) -> None:
        """End the local Azure of this project and all that it started."""
        self.run(sys.executable, "-m", "local_azure", "stop").must_work()

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state."""
        state = json.loads(self.pulumi("stack", "export", "--stack", "local").must_work().out)
        return state["deployment"].get("resources", [])
