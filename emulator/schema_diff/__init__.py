"""Our schemas beside Telnyx's OpenAPI document: what differs, and whether it is meant.

``coverage`` says which of our schemas describes which part of the document, ``shape`` flattens a schema to its
fields, ``comparison`` names what differs, ``report`` sorts that by what was expected. Must not print or exit: the
command line does. Pure, but for ``report.load_yaml``.
"""

from emulator.schema_diff.comparison import Difference, compare
from emulator.schema_diff.report import Expected, Report, diff, load_yaml, read_expected

__all__ = ["Difference", "Expected", "Report", "compare", "diff", "load_yaml", "read_expected"]
