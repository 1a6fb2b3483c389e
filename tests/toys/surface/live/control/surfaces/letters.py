"""Asks by letters: a knob and its value a line of `letters.txt`; what is told goes to `told.txt`."""

import threading
from pathlib import Path

from live.control.surfaces.surface import News, Setting, Surface
from live.declared.knob import KnobError
from live.ipc.acts import SetKnob
from live.ipc.commands import Command

LETTERS, TOLD = Path("letters.txt"), Path("told.txt")


class Letters(Surface):
    """Threads: one of its own reads; `tell` writes."""

    def __init__(self, setting: Setting) -> None:
        self._control, self._refused = setting.control, setting.refused
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._told: set[str] = set()

    @property
    def place(self) -> tuple[str, str] | None:
        return "letters", str(LETTERS)

    def start(self) -> None:
        self._thread.start()

    def tell(self, news: News) -> None:
        name = type(news).__name__
        if name not in self._told:
            self._told.add(name)
            TOLD.write_text("\n".join(sorted(self._told)))

    def close(self) -> None:
        self._over.set()

    def _read(self) -> None:
        while not self._over.wait(0.02):
            if not LETTERS.exists():
                continue
            text = LETTERS.read_text()
            LETTERS.unlink()
            for line in text.splitlines():
                self._ask(*line.split())

    def _ask(self, name: str, value: str) -> None:
        try:
            knob = self._control.knobs(1)[name]
            self._control.ask(Command(SetKnob(knob=name, value=knob.check(float(value))), voice=1))
        except (KeyError, KnobError) as error:
            self._refused(str(error))
