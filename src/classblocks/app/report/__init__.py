"""The findings about one result set, as JSON values, as text and as a page."""

from classblocks.app.report.facts import report
from classblocks.app.report.html import html
from classblocks.app.report.text import text

__all__ = ["html", "report", "text"]
