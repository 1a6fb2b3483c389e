"""Writes Pure Data canvases: boxes in order, cords between them, canvases within."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_BARE = "empty 0 0 0 12"
"""No label: comments stand beside what they name."""
DARK = "#202830"
LIGHT = "#fcfcfc"
QUIET = "#e4e4e4"


class Box(NamedTuple):
    """A box on a canvas, to run cords from and to."""

    number: int


class Canvas:
    """One canvas; boxes are numbered in the order in which they are added.

    Boxes that are not placed fall into a column, which is enough for a canvas that stays closed.
    """

    def __init__(self, name: str = "", width: int = 620, height: int = 420) -> None:
        self._name = name
        self._size = width, height
        self._boxes: list[list[str]] = []
        self._cords: list[str] = []
        self._place = 10, 0

    def lines(self, place: tuple[int, int] | None = None) -> Iterator[str]:
        """Yield the file's lines; `place` is where the canvas lies in another."""
        width, height = self._size
        if place is None:
            yield f"#N canvas 40 40 {width} {height} 12;"
        else:
            yield f"#N canvas 80 80 {width} {height} {self._name} 0;"
        for box in self._boxes:
            yield from box
        yield from self._cords
        if place is not None:
            yield f"#X restore {place[0]} {place[1]} pd {self._name};"

    def cord(self, source: Box, target: Box, outlet: int = 0, inlet: int = 0) -> Box:
        """Run a cord, and return the target."""
        self._cords.append(f"#X connect {source.number} {outlet} {target.number} {inlet};")
        return target

    def chain(self, *boxes: Box) -> Box:
        """Run cords from first outlets to first inlets, and return the last box."""
        for source, target in pairwise(boxes):
            self.cord(source, target)
        return boxes[-1]

    def add(self, text: str, place: tuple[int, int] | None = None) -> Box:
        """Add an object."""
        return self._add(f"obj {{}} {{}} {text}", place)

    def message(self, text: str, place: tuple[int, int] | None = None) -> Box:
        """Add a message box."""
        return self._add(f"msg {{}} {{}} {text}", place)

    def text(self, text: str, place: tuple[int, int], width: int = 0) -> Box:
        """Add a comment, broken after `width` letters."""
        for mark in (",", ";"):
            text = text.replace(mark, f" \\{mark}")
        return self._add(f"text {{}} {{}} {text}" + (f", f {width}" if width else ""), place)

    def canvas(self, canvas: "Canvas", place: tuple[int, int] | None = None) -> Box:
        """Add a canvas within this one."""
        where = place or self._next()
        return self._append(list(canvas.lines(where)))

    def number(
        self,
        place: tuple[int, int],
        send: str,
        receive: str,
        low: float = 0,
        high: float = 0,
        letters: int = 8,
    ) -> Box:
        """Add a number box; between 0 and 0 it has no bounds."""
        return self._add(
            f"floatatom {{}} {{}} {letters} {low:.10g} {high:.10g} 0 - {receive} {send} 12", place
        )

    def word(self, place: tuple[int, int], receive: str, letters: int, send: str = "-") -> Box:
        """Add a box that shows a word or a sentence, or takes one that is typed into it."""
        return self._add(f"symbolatom {{}} {{}} {letters} 0 0 0 - {receive} {send} 12", place)

    def slider(
        self,
        place: tuple[int, int],
        send: str,
        receive: str,
        span: tuple[float, float, bool],
        width: int = 160,
    ) -> Box:
        """Add a slider. span: its ends, and whether it is logarithmic."""
        low, high, curved = span
        return self._add(
            f"hsl {width} 15 {low:.10g} {high:.10g} {curved:d} 0 {send} {receive}"
            f" {_BARE} {LIGHT} {DARK} {DARK} 0 1",
            place,
            "obj",
        )

    def toggle(self, place: tuple[int, int], send: str, receive: str) -> Box:
        """Add a switch."""
        return self._add(
            f"tgl 17 0 {send} {receive} {_BARE} {LIGHT} {DARK} {DARK} 0 1", place, "obj"
        )

    def button(
        self,
        place: tuple[int, int],
        send: str,
        receive: str = "empty",
        colour: str = LIGHT,
        size: int = 17,
    ) -> Box:
        """Add a button that is pressed."""
        return self._add(
            f"bng {size} 250 50 0 {send} {receive} {_BARE} {colour} {DARK} {DARK}",
            place,
            "obj",
        )

    def radio(
        self,
        place: tuple[int, int],
        send: str,
        receive: str,
        cells: int,
        upright: bool = False,
        size: int = 15,
    ) -> Box:
        """Add a row (or, upright, a column) of cells, of which one is chosen."""
        kind = "vradio" if upright else "hradio"
        return self._add(
            f"{kind} {size} 1 0 {cells} {send} {receive} {_BARE} {LIGHT} {DARK} {DARK} 0",
            place,
            "obj",
        )

    def panel(
        self,
        place: tuple[int, int],
        width: int,
        height: int,
        colour: str,
        label: str = "empty",
        receive: str = "empty",
        size: int = 16,
    ) -> Box:
        """Add a coloured ground; a message `label` to `receive` writes on it."""
        letters = LIGHT if colour == DARK else DARK
        return self._add(
            f"cnv 5 {width} {height} empty {receive} {label} 12 {size} 0 {size}"
            f" {colour} {letters} 0",
            place,
            "obj",
        )

    def _add(self, text: str, place: tuple[int, int] | None, kind: str = "") -> Box:
        x, y = place or self._next()
        if kind:
            return self._append([f"#X {kind} {x} {y} {text};"])
        return self._append([f"#X {text.format(x, y)};"])

    def _append(self, lines: list[str]) -> Box:
        self._boxes.append(lines)
        return Box(len(self._boxes) - 1)

    def _next(self) -> tuple[int, int]:
        x, y = self._place
        self._place = (x, y + 24) if y < 600 else (x + 220, 24)
        return self._place
