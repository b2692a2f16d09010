"""azure-ai-ml, kept quiet, for the two things that ARM alone cannot do: uploads.

It takes seconds to import, so only methods that upload come here.
"""

import importlib
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Files = Sequence[Mapping[str, str]]
"""`{path, source}`: where a file goes below the staging folder, and where it is now (relative
to the project, so that the state is the same on every machine)."""


_STORAGE = "azure.ai.ml._artifacts._{}_storage_helper"


def workspace_client(workspace_id: str) -> "MLClient":
    """A client of one workspace; a new one each time, for it keeps state between calls."""
    from azure.ai.ml import MLClient

    from components.providers.credentials import credential

    for kind in ("blob", "gen2", "fileshare"):
        # After each upload they print a colour code to stderr, progress bar or not.
        module = importlib.import_module(_STORAGE.format(kind))
        setattr(module, "print", _say_nothing)  # noqa: B010
    parts = workspace_id.split("/")
    return MLClient(
        credential(),
        subscription_id=parts[2],
        resource_group_name=parts[4],
        workspace_name=parts[8],
        enable_telemetry=False,
        show_progress=False,
    )


def _say_nothing(*_words: object, **_options: object) -> None:
    """In the place of `print`."""


@contextmanager
def staged(
    files: Files, *, under: str = "", texts: Mapping[str, str] | None = None
) -> Generator[Path]:
    """A temporary folder with copies of `files` and with `texts`, below its sub-folder `under`.

    The folder that is uploaded keeps its name in the blob path, so it must not be random: with
    another name azure-ai-ml does not find what it uploaded before.
    """
    with tempfile.TemporaryDirectory(prefix="flow-endpoints-") as name:
        folder = Path(name) / under
        for file in files:
            target = folder / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file["source"], target)
        for path, content in (texts or {}).items():
            folder.mkdir(exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
        yield folder
