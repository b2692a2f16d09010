"""What a terminal shows."""

import io

import pytest

from tools.lines import Lines, duration, listed


class ATerminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_lines_fit_into_80_columns_and_keep_their_indent() -> None:
    stream = io.StringIO()
    text = "first\n  " + "a finding of many words " * 8 + "\nlast"
    Lines(stream).say("check", text)
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "check     first"
    assert all(line.startswith(" " * 12 + "") for line in lines[1:-1])
    assert lines[-1] == "          last"


def test_lists_break_between_their_parts() -> None:
    stream = io.StringIO()
    Lines(stream, width=40).say("tools", listed(["Pulumi CLI 3.258.0", "Azurite 3.35.0 (10 s)"]))
    assert stream.getvalue().splitlines() == [
        "tools     Pulumi CLI 3.258.0 ·",
        "          Azurite 3.35.0 (10 s)",
    ]


def test_commands_are_never_broken() -> None:
    stream = io.StringIO()
    Lines(stream).say("error", "no role\n  assign it:\n    az role " + "--option value " * 9)
    assert len(stream.getvalue().splitlines()) == 3
    stream = io.StringIO()
    command = "curl -s http://127.0.0.1:1/score " + "-H 'x: y' " * 20
    Lines(stream).raw("try it", command)
    assert stream.getvalue() == f"try it    {command}\n"


def test_no_colours_but_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    plain, terminal = io.StringIO(), ATerminal()
    for stream in (plain, terminal):
        Lines(stream).say("error", "no", kind="error")
    assert "\x1b" not in plain.getvalue()
    assert "\x1b[31;1m" in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    silent = ATerminal()
    Lines(silent).say("error", "no", kind="error")
    assert "\x1b" not in silent.getvalue()


def test_a_passing_line_is_for_terminals_and_is_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    plain, terminal = io.StringIO(), ATerminal()
    for stream in (plain, terminal):
        lines = Lines(stream)
        lines.passing("up", "deployment blue creating")
        lines.say("up", "done")
    assert plain.getvalue() == "up        done\n"
    assert terminal.getvalue().count("\r\x1b[K") == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0412, "41 ms"), (5.6, "6 s"), (59.7, "1 min 0 s"), (249.0, "4 min 9 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_terminal_that_is_not_utf_8_gets_question_marks() -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Lines(terminal).say("tools", "Azurite · Pulumi")
    terminal.seek(0)
    assert terminal.read() == "tools     Azurite ? Pulumi\n"
