"""Ids of what the readers of documents and flows report. They stop a file from being understood,
so most cannot be silenced: there would be nothing to deploy.
"""

from __future__ import annotations

from specs.findings import Severity
from specs.rules.book import Entry

_AZ = "azure-ai-ml 1.35.2, schemas of its documents"
_PF = "promptflow 1.18.5, its readers of flows"
_YAML = "YAML 1.1, as azure-ai-ml reads it"


def _entry(
    section: str, rule_id: str, title: str, source: str, severity: Severity = "error"
) -> Entry:
    return Entry(
        id=rule_id,
        severity=severity,
        title=title,
        source=source,
        section=section,
        silenceable=severity == "warning",
    )


def _documents(*rows: tuple[str, str, str]) -> tuple[Entry, ...]:
    return tuple(_entry("Files and fields", *row) for row in rows)


def _flows(severity: Severity, *rows: tuple[str, str]) -> tuple[Entry, ...]:
    return tuple(_entry("Reading flows", rule_id, title, _PF, severity) for rule_id, title in rows)


DOCUMENT_ENTRIES: tuple[Entry, ...] = (
    *_documents(
        ("file-missing", "A file or folder that is named exists.", "this project"),
        ("file-unreadable", "A file can be read.", "this project"),
        ("file-not-text", "A document is text in UTF-8 or UTF-16.", _YAML),
        ("file-too-large", "A document has a size that somebody can have written.", "this project"),
        ("file-empty", "A document holds something.", _AZ),
        ("folder-empty", "A folder to upload holds files.", _AZ),
        ("yaml-syntax", "A document is YAML.", _YAML),
        ("yaml-tab", "YAML is indented with spaces.", _YAML),
        ("yaml-value", "A YAML value can be read.", _YAML),
        ("several-documents", "A file holds one document.", _AZ),
        ("not-a-mapping", "A document is a mapping of fields.", _AZ),
        ("alias-cycle", "A YAML alias does not contain itself.", _YAML),
        (
            "document-too-large",
            "A document has a sane number of values and levels.",
            "this project",
        ),
        ("duplicate-key", "A field is given once.", "stricter than azure-ai-ml: last wins there"),
        ("unknown-field", "A field has a name that the document knows.", _AZ),
        ("missing-field", "Required fields are there.", _AZ),
        ("wrong-type", "A field holds the kind of value it is for.", _AZ),
        ("wrong-value", "A field holds one of its words.", _AZ),
        ("fields-exclusive", "Fields that exclude each other are not both given.", _AZ),
        ("conda-not-environment", "A conda file is not given where an environment belongs.", _AZ),
        ("kind-unknown", "A file is one of the documents that this program knows.", "this project"),
        (
            "name-illegal",
            "A name has the characters and the length that Azure allows for its kind.",
            "Manage resources and quotas: limits of online endpoints",
        ),
        ("reference-illegal", "A reference has a form that Azure ML understands.", _AZ),
        ("identity-id", "A user-assigned identity is named by its ARM id.", _AZ),
        ("identity-mismatch", "Type and list of identities fit, and there is one.", _AZ),
        (
            "endpoint-mismatch",
            "A deployment is listed under the endpoint that it names.",
            "this project: the stack's contract",
        ),
    ),
    _entry(
        "Files and fields",
        "yaml-text",
        "Text that YAML reads as something else (`off`, `1.10`) is in quotes.",
        _YAML,
        "warning",
    ),
    _entry(
        "Files and fields",
        "version-by-content",
        "The version of an uploaded model is the hash of its content.",
        "this project",
        "warning",
    ),
)

FLOW_ENTRIES: tuple[Entry, ...] = (
    *_flows(
        "error",
        ("flow-missing", "A flow folder holds a flow."),
        ("flow-ambiguous", "A flow folder holds one flow."),
        ("flow-definition-name", "A flow's file has a name that serving looks for."),
        ("flow-language", "A flow is written in Python."),
        ("flow-type-unknown", "Inputs and outputs have a type that prompt flow knows."),
        ("flow-node-invalid", "A node has a name, a type and a source."),
        ("flow-node-duplicate", "Each node has a name of its own."),
        ("flow-node-connection", "A node that calls a model names a connection."),
        ("flow-node-cycle", "No node waits for itself."),
        ("flow-variant-missing", "A node's default variant exists."),
        ("flow-activate-invalid", "A node's activate condition can be understood."),
        ("flow-reference-unknown", "A reference `${…}` names a node or an input that exists."),
        ("flow-aggregation-reference", "Only aggregation nodes refer to aggregation nodes."),
        ("flow-output-empty", "Each output refers to something."),
        ("flow-entry-invalid", "A flex flow's entry has the form module:function."),
        ("flow-entry-missing", "A flex flow's entry is in its code (a warning where unsure)."),
        ("flow-entry-annotation", "A flex flow's parameters have types that can be served."),
        ("flow-file-missing", "Files that nodes and entries name are in the flow."),
        ("flow-file-ignored", "Files that the flow needs are not left out by an ignore file."),
        ("flow-file-name", "File names can be uploaded."),
        ("flow-file-unreadable", "The flow's files can be read."),
        ("flow-too-many-files", "A flow has a number of files that can be uploaded."),
        ("flow-include-missing", "Files and folders of additional_includes exist."),
        ("flow-sample-invalid", "Sample requests are JSON that fits the flow."),
        ("prompty-form", "A prompty begins with its front matter."),
    ),
    *_flows(
        "warning",
        ("flow-dotenv", "Settings in a `.env` file do not reach the deployment."),
        ("flow-file-special", "A flow holds files and folders only."),
        ("flow-include-clash", "additional_includes do not hide files of the flow."),
        ("flow-link-broken", "Links in the flow lead somewhere."),
        ("flow-link-circle", "Links in the flow do not go in circles."),
        ("flow-link-outside", "Links in the flow stay inside it."),
        ("flow-output-aggregated", "Outputs do not come from aggregation nodes."),
        ("flow-python-syntax", "The flow's Python code can be parsed."),
        ("flow-requirements-missing", "The requirements file that the flow names exists."),
        ("flow-sample-incomplete", "A sample request gives every required input."),
        ("flow-tool-missing", "The file of a Python node has a function with `@tool`."),
    ),
)
