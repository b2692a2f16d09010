"""`python3 -m tools <command>`: sees to the tool chain, then runs the command in .venv."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - that is the point of this file
    sys.exit(
        "error     Python 3.10 or newer is needed, and this is "
        + sys.version.split()[0]
        + ".\n          Name another one: make PYTHON=python3.12 ..."
    )

from tools.bootstrap import main

sys.exit(main(sys.argv[1:]))
