"""Rubbish on the wire: always an answer in Azure's own shape, never a defect of ours."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

import pytest

from local_azure.arm.shape import JsonValue, items, text
from tests.local_azure.engine_world import EngineWorld
from tests.local_azure.world import API_VERSION, LocalAzure, an_endpoint


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff",
        b'{"location": "westeurope", "properties": {"authMode": NaN}}',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object(azure: LocalAzure, content: bytes) -> None:
    answer = azure.client().put(
        f"https://management.azure.com{azure.endpoint_id('rubbish')}",
        params={"api-version": API_VERSION},
        headers={"Authorization": f"Bearer {azure.token()}"},
        content=content,
    )
    assert answer.status_code == 400, answer
    assert text(answer.json(), "error", "code") == "InvalidRequestContent"


def test_a_body_that_is_not_what_its_header_says(azure: LocalAzure) -> None:
    answer = azure.client().put(
        f"https://management.azure.com{azure.endpoint_id('rubbish')}",
        headers={"Content-Encoding": "gzip"},
        content=b"zzz",
    )
    assert (answer.status_code, text(answer.json(), "error", "code")) == (400, "BadRequest")


@pytest.mark.parametrize(
    "version", ["latest", "2025-12", "2025-12-01\r\nx-evil: 1", "2025-12-01-" + "x" * 30]
)
def test_an_api_version_is_a_date(engine: EngineWorld, version: str) -> None:
    answer = engine.arm("GET", engine.workspace, query={"api-version": version})
    assert (answer.status, answer.code) == (400, "InvalidApiVersionParameter")


@pytest.mark.parametrize("name", ["%2E%2E", "a%2Fb", "con%0A", "a%5Cb", "%00"])
def test_a_name_cannot_lead_to_another_resource(engine: EngineWorld, name: str) -> None:
    answer = engine.arm("PUT", f"{engine.workspace}/models/{name}", {"properties": {}})
    assert (answer.status, answer.code) == (400, "InvalidResourceName")


def test_a_container_cannot_be_put_in_the_place_of_a_version(engine: EngineWorld) -> None:
    version = f"{engine.workspace}/models/m/versions/1"
    engine.must("PUT", version, {"properties": {"modelUri": "azureml://x"}})
    elsewhere = f"{engine.workspace}/models/m%2Fversions%2F1"
    assert engine.arm("PUT", elsewhere, {"properties": {}}).code == "InvalidResourceName"
    assert engine.arm("GET", version).status == 200


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("", "LocationRequired"),
        ("west\neurope", "LocationNotAvailableForResourceType"),
        ("west-europe", "LocationNotAvailableForResourceType"),
    ],
)
def test_a_location_is_a_regions_name(engine: EngineWorld, location: str, code: str) -> None:
    body = {**an_endpoint(), "location": location}
    answer = engine.arm("PUT", engine.endpoint_id("nowhere"), body)
    assert (answer.status, answer.code) == (400, code)


def test_only_an_identity_can_be_assigned(engine: EngineWorld) -> None:
    """Rule identity-exists."""
    identity: Mapping[str, JsonValue] = {
        "type": "UserAssigned",
        "userAssignedIdentities": {engine.workspace: {}},
    }
    answer = engine.arm(
        "PUT", engine.endpoint_id("odd"), {**an_endpoint(), "identity": dict(identity)}
    )
    assert (answer.status, answer.code) == (400, "FailedIdentityOperation")


@pytest.mark.parametrize("number", ["²", "-1", "x", "9" * 5000, "0"])
def test_a_number_that_no_list_knows_is_passed_over(engine: EngineWorld, number: str) -> None:
    for name in ("$top", "$skip"):
        answer = engine.arm("GET", f"{engine.workspace}/datastores", query={name: number})
        assert items(answer.body, "value"), answer


def test_a_token_for_an_odd_audience_is_refused_as_any_other(azure: LocalAzure) -> None:
    token = azure.token(scope="evil\r\nx-evil: 1")
    answer = azure.client().get(
        f"https://management.azure.com{azure.workspace}?api-version={API_VERSION}",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert text(answer.json(), "error", "code") == "InvalidAuthenticationToken"
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    "head",
    [
        "GET /%0A HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /_local/status HTTP/1.1\r\nX-Local-Azure-Key: \xff\xfe",
        "GET /msi/token?resource=x HTTP/1.1\r\nX-IDENTITY-HEADER: \xff\xfe",
        "GET / HTTP/1.0",
    ],
)
def test_the_plain_site_answers_rubbish_in_json(azure: LocalAzure, head: str) -> None:
    address = ("127.0.0.1", azure.running.http_port)
    with socket.create_connection(address, 10) as connection:
        said = _said(connection, f"{head}\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert said.split(b" ")[1] in (b"400", b"401", b"404"), said
    assert said.endswith(b"}"), said


def test_the_sites_of_azure_answer_rubbish_in_json(azure: LocalAzure) -> None:
    for host in ("management.azure.com", "login.microsoftonline.com", "x.openai.azure.com"):
        with _tunnel(azure, host) as connection:
            said = _said(
                connection, f"GET /%0A HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )
        assert said.split(b" ")[1] in (b"401", b"404"), said
        assert said.endswith(b"}"), said


@pytest.mark.parametrize("port", ["proxy", "plain"])
def test_what_is_no_http_leaves_no_traceback(azure: LocalAzure, port: str) -> None:
    log = azure.home / "service.log"
    before = log.read_text().count("Traceback")
    number = azure.running.proxy_port if port == "proxy" else azure.running.http_port
    for rubbish in ("FOO / HTTP/1.1", "\x16\x03\x01", "CONNECT x:\xb2 HTTP/1.1"):
        with socket.create_connection(("127.0.0.1", number), 10) as connection:
            assert _said(connection, f"{rubbish}\r\n\r\n").split(b" ")[1] in (b"400", b"403")
    assert azure.arm("GET", azure.workspace).status == 200
    assert log.read_text().count("Traceback") == before


def test_a_caller_that_hangs_up_leaves_no_traceback(azure: LocalAzure) -> None:
    log = azure.home / "service.log"
    before = log.read_text().count("Traceback")
    with _tunnel(azure, "management.azure.com") as connection:
        connection.sendall(
            b"PUT /hung-up HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 9\r\n\r\n{"
        )
    assert azure.arm("GET", azure.workspace).status == 200
    assert log.read_text().count("Traceback") == before


def _tunnel(azure: LocalAzure, host: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", azure.running.proxy_port), 10)
    plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    assert b" 200 " in plain.recv(4096)
    trust = ssl.create_default_context(cafile=azure.environment()["SSL_CERT_FILE"])
    return trust.wrap_socket(plain, server_hostname=host)


def _said(connection: socket.socket, request: str) -> bytes:
    connection.sendall(request.encode("latin-1"))
    said = b""
    while more := connection.recv(65536):
        said += more
    return said
