"""What a virtual environment plays of a Dockerfile."""

from __future__ import annotations

import pytest

from local_azure.serving.dockerfile import DockerfileError, read_dockerfile

RUNTIME = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest"
FILES = frozenset({"Dockerfile", "requirements.txt", "deps/more.txt", "lib/setup.py"})


def installs(*lines: str) -> tuple[tuple[str, ...], ...]:
    text = "\n".join([f"FROM {RUNTIME}", *lines])
    return read_dockerfile(text, files=FILES).installs


def test_the_usual_one() -> None:
    plan = read_dockerfile(
        f"# syntax=docker/dockerfile:1\nFROM {RUNTIME}\nENV MODE=fast NAME='a b'\n"
        "COPY ./requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n",
        files=FILES,
    )
    assert plan.image == RUNTIME
    assert plan.environment == {"MODE": "fast", "NAME": "a b"}
    assert plan.installs == (("-r", "./requirements.txt"),)
    assert plan.ignored == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["COPY . /app", "RUN pip install -r /app/deps/more.txt"], ("-r", "./deps/more.txt")),
        (["WORKDIR /s", "COPY deps d", "RUN pip install -r d/more.txt"], ("-r", "./deps/more.txt")),
        (["COPY . .", "RUN cd deps && pip3 install -r more.txt"], ("-r", "./deps/more.txt")),
        (
            ["ADD requirements.txt /r.txt", "RUN python -m pip install -r/r.txt"],
            ("-r", "./requirements.txt"),
        ),
        (["COPY . .", "RUN pip install ./lib"], ("./lib",)),
        (["COPY . .", "RUN pip install -e lib"], ("./lib",)),
        (["RUN pip install 'a>=1' \\", "  b==2 # not a comment"], ("a>=1", "b==2")),
        (['RUN ["pip", "install", "--pre", "a"]'], ("--pre", "a")),
        (["ARG V=3", "RUN pip install a==${V}"], ("a==3",)),
        (["RUN --mount=type=cache,target=/c PIP_NO_INPUT=1 pip -q install a"], ("a",)),
        (["RUN uv pip install --system --extra-index-url=https://x/simple a"],
         ("--extra-index-url", "https://x/simple", "a")),
        (["RUN bash -c 'pip install a'"], ("a",)),
    ],
)  # fmt: skip
def test_ways_to_install(lines: list[str], expected: tuple[str, ...]) -> None:
    assert installs(*lines) == (expected,)


def test_each_command_is_a_step_and_pip_itself_is_none() -> None:
    line = "RUN pip install --upgrade pip && pip install a; pip install b || true"
    assert installs(line) == (("a",), ("b",))


def test_what_is_not_played_is_named() -> None:
    plan = read_dockerfile(
        f"FROM {RUNTIME}\nRUN apt-get update && apt-get install -y curl\nCMD python app.py\nUSER 1",
        files=FILES,
    )
    assert plan.ignored == (
        "RUN apt-get update",
        "RUN apt-get install -y curl",
        "CMD python app.py",
    )


def test_arguments_before_from_and_stages() -> None:
    plan = read_dockerfile(
        "ARG TAG=20251211.v2\nFROM my.azurecr.io/promptflow-runtime:${TAG} AS base\n"
        "RUN pip install a\nFROM scratch AS other\nRUN make\n"
        "FROM base\nCOPY --from=other /x /x\nRUN pip install b",
        files=FILES,
    )
    assert plan.image == "my.azurecr.io/promptflow-runtime:20251211.v2"
    assert plan.installs == (("a",), ("b",))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no FROM"),
        ("RUN pip install a", "before FROM"),
        (f"FROM {RUNTIME}\nRUN pip install -r requirements.txt", "which no COPY brings"),
        (f"FROM {RUNTIME}\nCOPY nothing.txt .\nRUN pip install -r nothing.txt", "nothing.txt"),
    ],
)
def test_what_cannot_be_built(text: str, problem: str) -> None:
    with pytest.raises(DockerfileError, match=problem):
        read_dockerfile(text, files=FILES)
