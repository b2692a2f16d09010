"""A small ARM behind a CONNECT proxy: enough to see what the plugin sends and how it waits.

Not the local Azure: that has its own tests. This one can be told to fail, and keeps a record.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import trustme

HOSTS = ("management.azure.com", "login.microsoftonline.com")
OBJECT_ID = "0b1ec700-0000-4000-8000-000000000001"


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    authorization: str


@dataclass
class Reply:
    """An answer to give instead of the usual one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class FakeArm:
    """Keeps what is PUT, by path in lower case. `home` is what LOCAL_AZURE_HOME points at."""

    home: Path
    resources: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    requests: list[Request] = field(default_factory=list[Request])
    scripted: dict[str, deque[Reply]] = field(default_factory=dict[str, "deque[Reply]"])
    operations: dict[str, deque[dict[str, Any]]] = field(
        default_factory=dict[str, "deque[dict[str, Any]]"]
    )
    polls: dict[str, int] = field(default_factory=dict[str, int])
    endless: set[str] = field(default_factory=set[str])
    failing: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    read_only: dict[str, Any] = field(default_factory=dict[str, Any])

    def script(self, method: str, ending: str, *replies: Reply) -> None:
        """The next requests of this method to a path that ends so get these answers."""
        self.scripted.setdefault(f"{method} {ending.lower()}", deque()).extend(replies)

    def fail_operation(self, ending: str, error: dict[str, Any]) -> None:
        """The next PUT to a path that ends so is accepted, and its operation then fails."""
        self.failing[ending.lower()] = error

    def resource(self, ending: str) -> dict[str, Any]:
        """The one stored resource whose path ends so."""
        [found] = [body for path, body in self.resources.items() if path.endswith(ending.lower())]
        return found

    def sent(self, method: str, ending: str = "") -> list[Request]:
        """Requests of this method to paths that end so, in order."""
        wanted = ending.lower()
        return [
            seen
            for seen in self.requests
            if seen.method == method and seen.path.lower().endswith(wanted)
        ]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        for key, replies in self.scripted.items():
            method, _, ending = key.partition(" ")
            if replies and method == request.method and request.path.lower().endswith(ending):
                return replies.popleft()
        if request.path.endswith("/oauth2/v2.0/token"):
            return Reply(200, {"access_token": _token(), "expires_in": 3600})
        if request.path.startswith("/operations/"):
            return self._operation(request.path.removeprefix("/operations/"))
        if request.method == "POST":
            return Reply(200, {"primaryKey": "planted-key", "secondaryKey": "planted-key-2"})
        return self._resource(request)

    def _resource(self, request: Request) -> Reply:
        key = request.path.lower()
        if request.method == "GET":
            found = self.resources.get(key)
            missing = {"error": {"code": "ResourceNotFound", "message": f"no {request.path}"}}
            return Reply(200, found) if found else Reply(404, missing)
        if request.method == "DELETE":
            gone = self.resources.pop(key, None)
            return self._accepted(request.path, Reply(202)) if gone else Reply(204)
        known = key in self.resources
        name = request.path.rpartition("/")[2]
        properties: dict[str, Any] = {**request.body.get("properties", {})}
        if "/onlineendpoints/" in key and "/deployments/" not in key:
            properties |= {"scoringUri": f"https://{name}/score", "traffic": {}, **properties}
            properties.pop("keys", None)
        stored = {**request.body, "id": request.path, "name": name, "type": "T", **self.read_only}
        self.resources[key] = {**stored, "properties": properties}
        return self._accepted(request.path, Reply(200 if known else 201, self.resources[key]))

    def _accepted(self, path: str, reply: Reply) -> Reply:
        """The reply, with an operation to poll: in progress once, then over."""
        if "/onlineendpoints/" not in path.lower():
            return reply
        operation = f"op{len(self.operations)}"
        ending = next((known for known in self.failing if path.lower().endswith(known)), None)
        last: dict[str, Any] = {"status": "Succeeded"}
        if ending is not None:
            last = {"status": "Failed", "error": self.failing.pop(ending)}
        self.operations[operation] = deque([{"status": "InProgress"}, last])
        if any(path.lower().endswith(known) for known in self.endless):
            self.operations[operation] = deque([{"status": "InProgress"}] * 10_000)
        url = f"https://management.azure.com/operations/{operation}?api-version=x"
        return Reply(reply.status, reply.body, {"Azure-AsyncOperation": url, "Retry-After": "0"})

    def _operation(self, name: str) -> Reply:
        self.polls[name] = self.polls.get(name, 0) + 1
        states = self.operations[name]
        pause = "0.01" if name in self.endless else "0"
        return Reply(200, states.popleft(), {"Retry-After": pause})


def _token() -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"oid": OBJECT_ID}).encode()).decode()
    return f"header.{claims.rstrip('=')}.signature"


class FakeArmServer:
    """Serves a FakeArm on loopback, for the hosts of HOSTS, with a CA of its own."""

    def __init__(self, home: Path) -> None:
        authority = trustme.CA()
        self.contexts: dict[str, ssl.SSLContext] = {}
        for host in HOSTS:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            cast("Any", authority.issue_cert(host)).configure_cert(context)
            self.contexts[host] = context
        self.arm = FakeArm(home)
        self.http = _Server(("127.0.0.1", 0), _Handler)
        self.http.daemon_threads = True
        cast("Any", self.http).fake = self
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        home.mkdir(parents=True, exist_ok=True)
        authority.cert_pem.write_to_path(str(home / "ca.pem"))
        service = {"pid": 1, "http_port": 1, "proxy_port": self.http.server_address[1]}
        (home / "service.json").write_text(json.dumps(service))

    def __enter__(self) -> FakeArm:
        self.thread.start()
        return self.arm

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Silence: a client that does not trust this server ends the handshake."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeArmServer:
        return cast("Any", self.server).fake

    def do_CONNECT(self) -> None:
        host = self.path.partition(":")[0]
        context = self.fake.contexts.get(host)
        if context is None:
            self.send_error(403, "this host is not played locally")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = "json" not in (self.headers.get("Content-Type") or "json")
        body = None if form or not content else json.loads(content)
        authorization = self.headers.get("Authorization") or ""
        request = Request(self.command, parts.path, parse_qs(parts.query), body, authorization)
        reply = self.fake.arm.reply(request)
        answer = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Silence: requests are in the record."""
