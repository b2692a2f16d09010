"""Reads a prompt flow folder: flow.dag.yaml, flow.flex.yaml or a prompty.

Owns what can be known of a flow without executing it, in agreement with promptflow 1.18: its kind,
interface, connections, requirements and the files that make its model. Leaves to the rule book what
a deployment needs beside it, and to the providers the upload.
"""

from specs.flow.definition import is_flow
from specs.flow.flow import ABSENT, EnvRead, Flow, FlowRead, Port
from specs.flow.reading import read_flow

__all__ = ["ABSENT", "EnvRead", "Flow", "FlowRead", "Port", "is_flow", "read_flow"]
