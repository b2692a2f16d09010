"""The rule book: what Azure would refuse or do silently wrong, told before anything is created.

One short function per rule, one file per subject. `review` runs them, `silenced` drops what the
stack silences; `docs/rules.md` lists them all. Imports neither pulumi nor azure.
"""

from specs.rules.listing import Listed as Listed
from specs.rules.listing import ListedDeployment as ListedDeployment
from specs.rules.review import review as review
from specs.rules.review import review_stack as review_stack
from specs.rules.review import silenced as silenced
from specs.rules.subjects import Circumstances as Circumstances
