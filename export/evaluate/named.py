"""A report, and what it is called beside others."""

from typing import NamedTuple

from export.evaluate.report import Report


class Named(NamedTuple):
    """A report, and what it is called beside the others."""

    name: str
    report: Report
