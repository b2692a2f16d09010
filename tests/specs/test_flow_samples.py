"""The flows that come with the program."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from specs.flow import Flow, is_flow, read_flow

PROJECT = Path(__file__).parents[2]
NAMES = ["basic-chat", "streaming-typewriter", "word-count"]


def sample(name: str) -> Flow:
    read = read_flow(PROJECT / "flows" / name, project=PROJECT)
    assert read.flow is not None
    assert not read.findings
    return read.flow


def test_basic_chat_is_the_chat_of_the_article() -> None:
    flow = sample("basic-chat")
    assert flow.is_chat
    assert (flow.chat_input, flow.chat_output) == ("question", "answer")
    assert flow.connections == {"open_ai_connection": ("chat",)}
    assert flow.requirements is None


def test_word_count_brings_requirements_and_needs_no_connection() -> None:
    flow = sample("word-count")
    assert flow.requirements == PROJECT / "flows/word-count/requirements.txt"
    assert not flow.connections


def test_streaming_typewriter_answers_text() -> None:
    flow = sample("streaming-typewriter")
    assert (flow.kind, list(flow.outputs)) == ("flex", ["output"])
    assert flow.init["pause_ms"].default == 50


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_sample_request_and_files_to_deploy_it(name: str) -> None:
    assert set(sample(name).sample_request or {}) <= set(sample(name).inputs)
    deploy = PROJECT / "deploy" / name
    endpoint = yaml.safe_load((deploy / "endpoint.yml").read_text())
    deployment = yaml.safe_load((deploy / "blue-deployment.yml").read_text())
    assert endpoint["name"] == deployment["endpoint_name"] == name
    assert is_flow(deploy / deployment["model"]["path"])
