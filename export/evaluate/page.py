"""A report as one HTML page that needs nothing else."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from export.evaluate import pictures, tables
from export.evaluate.excerpts import Music
from export.evaluate.report import Report, Row, Table
from export.evaluate.subject import evenly
from export.evaluate.tables import Titled

HTML: Final = "report.html"
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
FAR: Final = 0.15
"""An overlap is marked where it is so far below people's with people."""


def page(report: Report, made: Music | None = None) -> str:
    """Return the page. made: the excerpts, of which piano rolls are drawn where there are any."""
    body = [*_opening(report), *_likelihood(report)]
    for name, table in (
        ("Form and musicality", report.music),
        ("Listening", report.listening),
        ("Copying", report.copying),
    ):
        body += _figures(name, table) if table else ()
    body += _pictures(report, made)
    return document(f"{report.name}, evaluated", body)


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
    return _table(found.title, found.head, rows)


def _table(title: str, head: Sequence[str], rows: Iterable[str]) -> str:
    heads = "".join(f"<th>{escape(one)}</th>" for one in head)
    return f"<h3>{escape(title)}</h3>\n<table><tr>{heads}</tr>\n{''.join(rows)}</table>"


def _opening(report: Report) -> Iterator[str]:
    yield f"<h1>{escape(report.name)}</h1>"
    facts = (
        f"{report.representation}, {report.precision}, {report.parameters:,} numbers; beside "
        f"{report.split} of {', '.join(report.corpora)}; evaluated {report.made}, SHA-256 {report.digest[:12]}"
    )
    if report.knobs:
        facts += "; turned: " + ", ".join(f"{knob}={value}" for knob, value in report.knobs.items())
    yield f'<p class="note">{escape(facts)}</p>'
    for note in report.notes:
        yield f"<p>{escape(note)}</p>"
    if not report.complete:
        yield '<p class="bad">It was interrupted: what is missing here was not reached.</p>'


def _likelihood(report: Report) -> Iterator[str]:
    found = report.likelihood
    if found is None:
        return
    yield "<h2>Likelihood</h2>"
    yield "<p>Nats a step: the lower, the less the music surprises it.</p>"
    yield from map(table_of, tables.likelihood(report))
    if len(found.histories) > 2:
        yield picture(pictures.histories(found), "What more of the past brings, by factor.")
    if found.again:
        told = (
            "How often the earlier next code comes, by the p that it gets; on the line p is honest."
        )
        yield picture(pictures.calibration(found.again), told)


def _figures(name: str, table: Table) -> Iterator[str]:
    yield f"<h2>{escape(name)}</h2><p>{escape(table.said)}.</p>"
    for family in dict.fromkeys(row.family for row in table.rows):
        rows = [row for row in table.rows if row.family == family]
        head = ("", f"it ({table.played})", f"people ({table.people})", *tables.OVERLAPS)
        yield _table(family[:1].upper() + family[1:], head, map(_row, rows))
    told = "Every value: dots, their middle eight tenths (line) and the median (bar)."
    yield picture(pictures.distributions(table.rows), told)


def _row(row: Row) -> str:
    of, among = tables.overlaps(row)
    mark = ""
    if row.overlap is not None and row.among_people is not None:
        mark = "bad" if row.overlap < row.among_people - FAR else "good"
    return (
        f"<tr><td>{escape(tables.called(row))}<small>{escape(row.help)}</small></td>"
        f"<td>{escape(tables.spread(row.model, row.unit))}</td>"
        f"<td>{escape(tables.spread(row.people, row.unit))}</td>"
        f'<td class="{mark}">{of}</td><td>{among}</td></tr>'
    )


def _pictures(report: Report, made: Music | None) -> Iterator[str]:
    if made is not None and made.made:
        sides = {"it": list(evenly(made.made)), "people": list(evenly(made.people))}
        yield "<h2>Pictures</h2>"
        yield picture(pictures.rolls(sides), "Piano rolls; the darker a note, the louder.")
        told = "How alike any two bars are in their pitch classes: stripes are what comes back."
        yield picture(pictures.similarities(sides), told)
    if report.curves:
        yield "<h2>Training</h2>"
        yield picture(pictures.curves(report.curves), "Nats on valid while it was trained.")
