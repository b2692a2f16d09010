"""`python -m local_azure`: see `cli`."""

from __future__ import annotations

import sys

from local_azure.cli import main

sys.exit(main())
