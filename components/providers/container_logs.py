"""What the two containers of a deployment wrote: the model's download, and the flow itself."""

import re
from collections.abc import Iterable, Iterator

from components.providers.arm import arm, text

CONTAINERS = {"StorageInitializer": "fetches the model", "InferenceServer": "serves the flow"}

WIDTH = 300
"""Characters of a line that are shown."""


SHORT = 25
"""Lines of a log beside an error, where the frames of libraries are left out: what went wrong in
the flow would else be hundreds of lines further up, with each worker of the server saying it."""
READ = 400
"""Lines that those are found in."""
_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(.*)", line \d+')
_LIBRARY = re.compile(r"/(site|dist)-packages/|/lib/python3[^/]*/|<frozen ")


def container_logs(deployment_id: str, *, lines: int | None = None) -> str:
    """The last `lines` lines of both containers' logs, headed by their names; none: the last few,
    without the frames of libraries.

    Never raises: logs are asked for when something else went wrong already.
    """
    return "\n".join(
        f"log of {container} ({what}):\n{_log(deployment_id, container, lines)}"
        for container, what in CONTAINERS.items()
    )


def _log(deployment_id: str, container: str, lines: int | None) -> str:
    body = {"containerType": container, "tail": lines or READ}
    try:
        content = text(arm().post(f"{deployment_id}/getLogs", body), "content")
    except Exception as error:
        return f"  (not to be had: {str(error).splitlines()[0]})"
    written = [line for line in content.splitlines() if line.strip()]
    kept = written[-lines:] if lines else list(_without_libraries(written))[-SHORT:]
    return "\n".join(f"  {line[:WIDTH]}" for line in kept) or "  (empty)"


def _without_libraries(lines: Iterable[str]) -> Iterator[str]:
    """Tracebacks with the flow's own frames only, and the exceptions at their ends. One without
    any such frame is its exception alone."""
    skipped, head = False, ""
    for line in lines:
        if line.rstrip().endswith(_HEAD):
            skipped, head = True, line
        elif frame := _FRAME.match(line):
            skipped = bool(_LIBRARY.search(frame[1]))
            if head and not skipped:
                yield head
                head = ""
        elif not line.startswith("    "):
            if said := head.rstrip().removesuffix(_HEAD).strip():
                yield said
            skipped, head = False, ""
        if not skipped:
            yield line
