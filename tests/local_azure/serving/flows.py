"""Two real prompt flows, as text: their code belongs to another interpreter."""

from __future__ import annotations

from pathlib import Path

FLOWS = {
    "shouting": {
        "flow.dag.yaml": """inputs:
  text:
    type: string
  delay:
    type: double
    default: 0
outputs:
  answer:
    type: string
    reference: ${shout.output}
nodes:
- name: shout
  type: python
  source:
    type: code
    path: shout.py
  inputs:
    text: ${inputs.text}
    delay: ${inputs.delay}
""",
        "shout.py": '''"""Shouts back, unless a word makes it do something else."""

import os
import time

from promptflow.core import tool


@tool
def shout(text: str, delay: float) -> str:
    time.sleep(delay)
    if text == "fail":
        raise ValueError("I was told to fail")
    if text == "die":
        os._exit(1)
    if text.startswith("env "):
        return os.environ.get(text[4:], "(unset)")
    return text.upper()
''',
    },
    "counting": {
        "flow.flex.yaml": """entry: count:count
""",
        "count.py": '''"""Counts, one number at a time."""

import time


def count(upto: int = 5, pause: float = 0.1) -> str:
    """A generator. The runtime takes only strings and dictionaries as annotated results."""
    for number in range(upto):
        time.sleep(pause)
        yield f"{number} "
''',
    },
}


def write_model(flow: str, folder: Path) -> Path:
    """A model folder with the flow as its only entry, as it lies in the blob container."""
    for name, text in FLOWS[flow].items():
        path = folder / flow / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
