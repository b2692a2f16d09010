"""Starts the plugin: `python -m local_azure.plugin [ENGINE ADDRESS]`.

The CLI waits for a port number on standard output, and for this process at every command that
meets an azure-native resource: its start time is the user's. Most of it would be the import of
the Pulumi SDK, of which only the generated protocol messages are needed.
"""

from __future__ import annotations

import importlib.util
import signal
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType


def _without_the_sdk() -> None:
    """Makes `pulumi` and `pulumi.runtime` plain namespaces, so that importing
    `pulumi.runtime.proto` does not run the rest of the SDK: 0.25 s instead of 0.55 s."""
    spec = importlib.util.find_spec("pulumi")
    places = spec.submodule_search_locations if spec else None
    if not places:
        return
    for name, tail in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        module = ModuleType(name)
        module.__path__ = [place + tail for place in places]
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        sys.modules[name] = module


def main() -> None:
    """Serves until the engine ends the process."""
    # The engine ends it by an interrupt, which a shell's background jobs inherit as ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _without_the_sdk()
    from local_azure.plugin.serve import serve  # after the namespaces are in place

    serve(sys.stdout)


if __name__ == "__main__":
    main()
