"""Pages of HTML that need nothing else: their frame, pictures and tables."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from export.evaluate.tables import Titled

STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; } h3 { margin-bottom: .3rem; }
table { border-collapse: collapse; margin: .5rem 0 1.2rem; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid #8884; vertical-align: top; }
td + td, th + th { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { display: block; opacity: .7; max-width: 34rem; white-space: normal; }
img { max-width: 100%; background: white; border-radius: 4px; } .bad { color: #c0392b; } .good { color: #1e8449; }
.note { opacity: .8; }
"""


def document(title: str, body: Iterable[str], more: str = "") -> str:
    """Return a whole page of parts in HTML; more: for its head."""
    text = "\n".join(body)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>{more}</head>\n<body>\n{text}\n</body></html>\n"
    )


def picture(png: bytes, told: str) -> str:
    """Return a picture inside the page; told: what it shows, in a sentence."""
    data = base64.b64encode(png).decode()
    return (
        f'<p><img alt="{escape(told)}" src="data:image/png;base64,{data}"><br>'
        f'<small class="note">{escape(told)}</small></p>'
    )


def table_of(found: Titled) -> str:
    """Return a table of text, its title before it."""
    rows = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in found.rows]
    return table(found.title, found.head, rows)


def table(title: str, head: Sequence[str], rows: Iterable[str]) -> str:
    """Return a table of rows in HTML, its title before it."""
    heads = "".join(f"<th>{escape(one)}</th>" for one in head)
    return f"<h3>{escape(title)}</h3>\n<table><tr>{heads}</tr>\n{''.join(rows)}</table>"
