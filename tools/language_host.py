"""The Python language host of a Pulumi CLI that was built from its Go module.

The CLI starts it (through `pulumi-language-python`), reads one line with a port, and asks
it over gRPC to run the program. Running a program is the SDK's own `LanguageServer`; what
is added here is what the vendor's host does around it: the program's directory, its
plugins and packages, interrupts, and errors that are shown once.

It is copied beside the CLI's binary and run as a script, so it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent import futures
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.automation import _server
from pulumi.errors import RunError
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes; what the CLI itself allows for one message."""


def entry_file(directory: str, entry_point: str) -> Path:
    """The file to run: `__main__.py` of the program's directory, or the file it names."""
    entry = Path(directory, entry_point or ".")
    return entry / "__main__.py" if entry.is_dir() else entry


def run_program(entry: Path) -> None:
    """Run the program in this process, as `python <entry>` would.

    Raises `RunError` (shown without a traceback) when there is no such file or when the
    program ends itself with an exit status.
    """
    if not entry.is_file():
        raise RunError(f"there is no program to run: {entry} does not exist")
    directory = str(entry.parent)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        runpy.run_path(str(entry), run_name="__main__")
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise RunError(f"the program ended itself: exit {ended.code}") from None
    except RunError:
        raise
    except Exception as error:
        raise RunError(f"the program failed:\n{_in_the_program(error, entry)}") from error


def _in_the_program(error: Exception, entry: Path) -> str:
    """The traceback without the frames of what started the program."""
    frames = error.__traceback__
    while frames and Path(frames.tb_frame.f_code.co_filename) != entry:
        frames = frames.tb_next
    error.__traceback__ = frames or error.__traceback__
    return "".join(traceback.format_exception(error)).rstrip()


def plugins(
    distributions: Iterable[metadata.Distribution],
) -> Iterator[plugin_pb2.PackageDependency]:
    """The provider plugins that the installed `pulumi-*` packages say they need."""
    for distribution in distributions:
        name = (distribution.metadata["Name"] or "").replace("-", "_")
        if not name.startswith("pulumi_"):
            continue
        text = distribution.read_text(f"../{name}/pulumi-plugin.json")
        plugin: dict[str, Any] = json.loads(text) if text else {}
        if plugin.get("resource"):
            yield plugin_pb2.PackageDependency(
                kind="resource",
                name=plugin.get("name", name.removeprefix("pulumi_").replace("_", "-")),
                version=f"v{plugin.get('version', distribution.version).removeprefix('v')}",
                server=plugin.get("server", ""),
            )


class LanguageHost(_server.LanguageServer):
    """Runs the program of a directory. One process serves one command of the CLI."""

    def __init__(self, engine: str) -> None:
        """`engine` is the address of the CLI's engine, where log lines go."""
        super().__init__(lambda: None)
        self.engine = engine

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802 gRPC's name
        """Run the program. An error was logged already: `bail` keeps it from being shown twice."""
        os.chdir(request.pwd)
        info = request.info
        entry = entry_file(info.program_directory or request.pwd, info.entry_point)
        self.program = lambda: run_program(entry)
        # An inline program gets the engine's address as its first argument; the CLI gives it
        # to the host. Without it, warnings and errors would be mere lines on stderr.
        del request.args[:]
        request.args.append(self.engine)
        failed = super().Run(request, context).error  # pyright: ignore[reportUnknownMemberType]
        return language_pb2.RunResponse(bail=bool(failed))

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The SDK's version: the host is no more than it."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What `pulumi plugin ls` and the CLI's own downloads go by."""
        return language_pb2.GetRequiredPackagesResponse(packages=plugins(metadata.distributions()))

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The installed packages, for `pulumi about`."""
        found = {d.metadata["Name"]: d.version for d in metadata.distributions()}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=found[name])
                for name in sorted(found, key=str.lower)
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """`pulumi install`: the virtual environment is the tool chain's business."""
        line = b"Python packages: `make setup` keeps .venv as requirements-dev.txt says\n"
        yield language_pb2.InstallDependenciesResponse(stdout=line)

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Nothing to ask: Pulumi.yaml says it all."""
        return language_pb2.RuntimeOptionsResponse()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The engine closes its side, upon which a running program ends by itself."""
        return empty_pb2.Empty()


def _end(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _end_with_parent() -> None:
    """End when the CLI is gone, also when it was killed."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Serve until the CLI ends this process."""
    # The CLI's way of closing a host is an interrupt, when the program has ended. A terminal's
    # own interrupt does not come here: the host is in a process group of its own.
    signal.signal(signal.SIGINT, _end)
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
            ("grpc.max_send_message_length", _MESSAGE_LIMIT),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
