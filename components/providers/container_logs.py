"""What the two containers of a deployment wrote: the model's download, and the flow itself."""

from components.providers.arm import arm, text

CONTAINERS = {"StorageInitializer": "fetches the model", "InferenceServer": "serves the flow"}

WIDTH = 300
"""Characters of a line that are shown."""


def container_logs(deployment_id: str, *, lines: int = 15) -> str:
    """The last `lines` lines of both containers' logs, headed by their names.

    Never raises: logs are asked for when something else went wrong already.
    """
    return "\n".join(
        f"log of {container} ({what}):\n{_log(deployment_id, container, lines)}"
        for container, what in CONTAINERS.items()
    )


def _log(deployment_id: str, container: str, lines: int) -> str:
    body = {"containerType": container, "tail": lines}
    try:
        content = text(arm().post(f"{deployment_id}/getLogs", body), "content")
    except Exception as error:
        return f"  (not to be had: {str(error).splitlines()[0]})"
    kept = [line for line in content.splitlines() if line.strip()][-lines:]
    return "\n".join(f"  {line[:WIDTH]}" for line in kept) or "  (empty)"
