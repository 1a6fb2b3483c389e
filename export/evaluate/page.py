"""A report as one HTML page that needs nothing else."""

from collections.abc import Iterator
from html import escape
from typing import Final

from export.evaluate import pictures, tables
from export.evaluate.excerpts import Music
from export.evaluate.html import document, picture, table, table_of
from export.evaluate.report import Report, Row, Table
from export.evaluate.subject import evenly

__all__ = ("HTML", "document", "page", "picture", "table_of")

HTML: Final = "report.html"
FAR: Final = 0.15
"""An overlap is marked where it is so far below people's with people."""


def page(report: Report, made: Music | None = None) -> str:
    """Return the page. made: the excerpts, of which piano rolls are drawn where there are any."""
    body = [*_opening(report), *_likelihood(report)]
    for name, figures in (
        ("Form and musicality", report.music),
        ("Listening", report.listening),
        ("Copying", report.copying),
    ):
        body += _figures(name, figures) if figures else ()
    body += _pictures(report, made)
    return document(f"{report.name}, evaluated", body)


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


def _figures(name: str, found: Table) -> Iterator[str]:
    yield f"<h2>{escape(name)}</h2><p>{escape(found.said)}.</p>"
    for family in dict.fromkeys(row.family for row in found.rows):
        rows = [row for row in found.rows if row.family == family]
        head = ("", f"it ({found.played})", f"people ({found.people})", *tables.OVERLAPS)
        yield table(family[:1].upper() + family[1:], head, map(_row, rows))
    told = "Every value: dots, their middle eight tenths (line) and the median (bar)."
    yield picture(pictures.distributions(found.rows), told)


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
