"""Files that are checked beside the music, before the engine is asked to play them."""

from collections.abc import Callable
from threading import Lock, Thread, Timer
from typing import Final

from live.ipc.commands import Command
from live.runtime import trial
from models.contract.border import border
from models.contract.errors import ExtempoError

Answer = Callable[[ExtempoError | None], None]
"""Called with what went wrong, or None once the engine has been asked."""
LIMIT: Final = trial.PATIENCE + trial.READING
"""Seconds that a check may take."""


class Checks:
    """Checks one thing at a time; one that hangs is given up, and the next is done.

    ask: puts a command into the engine's inbox, False where it is full. Threads: any.
    """

    def __init__(self, ask: Callable[[Command], bool]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._current: object = None

    def begin(self, check: Callable[[], Command], answer: Answer) -> bool:
        """Check, then ask the engine for what that returns; False while something is checked.

        answer: called once, from a thread of ours.
        """
        with self._lock:
            if self._current is not None:
                return False
            this = self._current = object()

        def check_it() -> None:
            command, trouble = _checked(check)
            timer.cancel()
            if not self._is_over(this):
                return
            if command is not None and not self._ask(command):
                trouble = ExtempoError("The engine's inbox is full: ask again.")
            answer(trouble)

        def give_up() -> None:
            if self._is_over(this):
                text = "Checking the file does not come to an end: does its disk hang?"
                answer(ExtempoError(text))

        timer = Timer(LIMIT, give_up)
        timer.daemon = True
        try:
            timer.start()
            Thread(target=check_it, name="check", daemon=True).start()
        except RuntimeError:
            timer.cancel()
            self._is_over(this)
            answer(ExtempoError("The system gives no thread to check the file: ask again."))
        return True

    def _is_over(self, check: object) -> bool:
        """Let the next check begin; return whether this one had not been given up on."""
        with self._lock:
            if self._current is not check:
                return False
            self._current = None
        return True


def _checked(check: Callable[[], Command]) -> tuple[Command | None, ExtempoError | None]:
    try:
        with border(lambda said: ExtempoError(f"The file could not be checked ({said}).")):
            return check(), None
    except ExtempoError as error:
        return None, error
