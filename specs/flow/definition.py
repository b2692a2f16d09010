"""Which file defines a flow, as the serving process finds it.

Serving looks for one of four names, else for the only prompty (promptflow 1.18,
`resolve_flow_path`); it never takes a file by another name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from specs.flow.report import Report
from specs.tree import Place

NAMES = ("flow.dag.yaml", "flow.dag.yml", "flow.flex.yaml", "flow.flex.yml")
YAML_SUFFIXES = (".yaml", ".yml")
PROMPTY = ".prompty"


@dataclass(frozen=True)
class Definition:
    """The folder of a flow and the name of its defining file."""

    folder: Path
    file: str

    @property
    def path(self) -> Path:
        """The defining file."""
        return self.folder / self.file

    @property
    def is_prompty(self) -> bool:
        """By its suffix."""
        return self.path.suffix.lower() == PROMPTY


def is_flow(path: Path) -> bool:
    """Whether a model path is meant as a flow: a folder with a definition, or a definition."""
    if path.is_dir():
        return bool(_named(path) or _prompties(path))
    return path.name in NAMES or path.suffix.lower() == PROMPTY


def find_definition(path: Path, report: Report) -> Definition | None:
    """The definition of a folder, or of a file in it that was named."""
    place = report.place(path)
    if path.is_dir():
        return _in_folder(path, place, report)
    if not path.exists():
        report.error(
            "flow-missing", place, "there is no such flow folder", "Check the path of the model."
        )
        return None
    if path.suffix.lower() not in (*YAML_SUFFIXES, PROMPTY):
        message = f"`{path.name}` does not define a flow"
        report.error("flow-missing", place, message, "Name the flow's folder.")
        return None
    _check_served(path, place, report)
    return Definition(path.parent, path.name)


def _named(folder: Path) -> list[str]:
    return [name for name in NAMES if (folder / name).is_file()]


def _prompties(folder: Path) -> list[str]:
    try:
        return sorted(item.name for item in folder.glob(f"*{PROMPTY}") if item.is_file())
    except OSError:
        return []


def _in_folder(folder: Path, place: Place, report: Report) -> Definition | None:
    named = _named(folder)
    if len(named) > 1:
        message = f"the folder holds {_listed(named)}; promptflow refuses to choose"
        report.error("flow-ambiguous", place, message, "Keep one of them.")
        return None
    prompties = _prompties(folder)
    candidates = named or prompties
    if len(candidates) == 1:
        return Definition(folder, candidates[0])
    if prompties:
        message = f"the folder holds {_listed(prompties)} and no flow.dag.yaml or flow.flex.yaml"
        report.error("flow-ambiguous", place, message, "Keep one prompty, or add a flow file.")
        return None
    message = "the folder has no flow.dag.yaml, no flow.flex.yaml and no *.prompty"
    report.error("flow-missing", place, message, "Check the path of the model.")
    return None


def _check_served(path: Path, place: Place, report: Report) -> None:
    """A file that was named must be the one that serving will find in the folder."""
    others = [name for name in _named(path.parent) if name != path.name]
    prompties = _prompties(path.parent)
    found = path.name in NAMES or (path.suffix.lower() == PROMPTY and prompties == [path.name])
    if found and not others:
        return
    message = f"the serving process will not take `{path.name}`: " + (
        f"the folder also holds {_listed(others)}"
        if others
        else "it looks for flow.dag.yaml, flow.flex.yaml, or the only *.prompty of the folder"
    )
    report.error("flow-definition-name", place, message, "Give it a folder of its own, or rename.")


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
