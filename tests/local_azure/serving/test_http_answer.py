"""Answers of instances, cut into pieces anywhere; and connections, kept or given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_azure.serving.connections import BrokenAnswerError, InstanceConnections
from local_azure.serving.http_answer import AnswerParser

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def parsed(data: bytes, cuts: list[int], *, bodiless: bool = False) -> tuple[AnswerParser, bytes]:
    """The parser after `data`, fed in pieces that end at `cuts`; the body."""
    parser = AnswerParser(bodiless=bodiless)
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    body = b""
    for start, end in pairwise(places):
        parser.feed(data[start:end])
        body += parser.take()
    return parser, body


CUTS = st.lists(st.integers(0, 400), max_size=12)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), CUTS)
def test_chunks(chunks: list[bytes], cuts: list[int]) -> None:
    sent = b"".join(b"%x;x=y\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
    head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parser, body = parsed(head + sent, cuts)
    assert (parser.status, parser.finished, parser.keep) == (200, True, True)
    assert body == b"".join(chunks)


@given(st.binary(max_size=80), CUTS)
def test_a_length(content: bytes, cuts: list[int]) -> None:
    head = f"HTTP/1.1 404 Not Found\r\nX-A: b\r\nContent-Length: {len(content)}\r\n\r\n"
    parser, body = parsed(head.encode() + content, cuts)
    assert (parser.status, parser.finished, body) == (404, True, content)
    assert ("X-A", "b") in parser.headers


def test_until_the_connection_is_closed() -> None:
    parser, body = parsed(b"HTTP/1.1 200 OK\r\n\r\nsome", [])
    assert (parser.finished, parser.keep, body) == (False, False, b"some")
    parser.end()
    assert parser.finished
    cut, _ = parsed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome", [])
    cut.end()
    assert not cut.finished


def test_no_body_at_all() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert parsed(head, [], bodiless=True)[0].finished
    assert parsed(b"HTTP/1.1 204 No Content\r\n\r\n", [])[0].finished


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 ok\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"x" * 140_000,
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  its words are the parser's own affair
        parsed(data, [])


@asynccontextmanager
async def listening(talk: Talk) -> AsyncGenerator[tuple[str, InstanceConnections]]:
    """A server that talks like this, and connections to it."""
    talking: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            talking.add(task)
        await talk(reader, writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    connections = InstanceConnections()
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
        connections.close()
        await asyncio.gather(*talking)


async def ask(connections: InstanceConnections, url: str) -> tuple[int, bytes]:
    answer = await connections.to(url).send(b"GET / HTTP/1.1\r\n\r\n", bodiless=False)
    return answer.status, await answer.rest()


async def test_a_connection_is_used_again() -> None:
    peers: set[object] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        while await reader.readline():
            await reader.readline()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            await writer.drain()
            writer.write(b"ok")

    async with listening(talk) as (url, connections):
        assert [await ask(connections, url) for _ in range(3)] == [(200, b"ok")] * 3
        assert len(peers) == 1


async def test_one_that_was_closed_is_not_used_again() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()

    async with listening(talk) as (url, connections):
        for _ in range(3):
            assert await ask(connections, url) == (200, b"ok")
            await asyncio.sleep(0.02)


async def test_an_answer_that_breaks_off() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await writer.drain()

    async with listening(talk) as (url, connections):
        answer = await connections.to(url).send(b"GET / HTTP/1.1\r\n\r\n", bodiless=False)
        assert await answer.next() == b"half"
        with pytest.raises(BrokenAnswerError):
            await answer.next()
    with pytest.raises(BrokenAnswerError, match="ConnectionRefused"):
        await ask(connections, url)


async def test_an_instance_waits_for_a_slow_reader() -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        for _ in range(400):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with listening(talk) as (url, connections):
        answer = await connections.to(url).send(b"GET / HTTP/1.1\r\n\r\n", bodiless=False)
        before = -1
        while before != sent:  # until it moves no more
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 30_000_000
        assert len(await answer.rest()) == 40_000_000
