"""Where things are in this checkout. Standard library only: setup runs before .venv exists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCAL = ROOT / ".local"
PLUGIN = ROOT / "local_azure" / "bin" / "pulumi-resource-azure-native"
"""The stand-in for the azure-native plugin."""
LOCAL_STACK = "local"
PULUMI_BIN = "FLOW_ENDPOINTS_PULUMI"
"""Environment variable: the directory of the Pulumi CLI, from the first stage to the second."""


@dataclass(frozen=True)
class Site:
    """Where a stack that lives on this machine has its Azure and its state."""

    stack: str
    folder: Path
    """Everything is below it; nothing of it is the user's."""
    project: Path = ROOT
    """Where the CLI finds the stack file."""

    @property
    def azure(self) -> Path:
        """The local Azure's home."""
        return self.folder / "azure"

    @property
    def stack_file(self) -> Path:
        """The stack's config."""
        return self.project / f"Pulumi.{self.stack}.yaml"

    @property
    def backend(self) -> Path:
        """Pulumi's state backend."""
        return self.folder / "pulumi"

    @property
    def pulumi_home(self) -> Path:
        """The CLI's own folder: its plugins, and no login of the user's."""
        return self.folder / "pulumi-home"


LOCAL_SITE = Site(LOCAL_STACK, LOCAL)
REHEARSALS = LOCAL / "rehearsal"


def rehearsal_site(stack: str) -> Site:
    """Where a stack of any name is rehearsed, with a stack file of its own."""
    folder = REHEARSALS / stack
    return Site(stack, folder, folder / "project")


class ToolError(Exception):
    """A tool cannot be had, or a command cannot run. The text is for the user: what was
    tried, why it cannot be, what to do next, a line each."""
