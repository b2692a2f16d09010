"""The gRPC server of the plugin process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TextIO

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local_azure.plugin.provider import AzureNativeProvider

_THREADS = 64
"""Operations at once; each waits in its own thread. The engine asks for 16 unless told more."""
_MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's own limit for one message."""


def serve(ready: TextIO) -> None:
    """Serves on a free loopback port, writes its number to `ready`, and waits for the end."""
    watch = threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True)
    options = [("grpc.max_receive_message_length", _MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=options)
    provider = AzureNativeProvider()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, file=ready, flush=True)
    watch.start()
    with contextlib.suppress(KeyboardInterrupt):
        server.wait_for_termination()
    provider.close()


def _end_with(engine: int) -> None:
    """End when the CLI is gone: one that was killed, or whose terminal was closed, ends nobody."""
    while os.getppid() == engine:
        time.sleep(1)
    os._exit(0)
