"""What libraries print of themselves is kept off the screen, and what comes after is not."""

import os

from live.machine.quiet import quiet


def test_who_ends_last_lets_standard_error_speak_again(capfd):  # type: ignore[no-untyped-def]
    first, second = quiet(), quiet()
    first.__enter__()
    second.__enter__()
    os.write(2, b"noise\n")
    first.__exit__(None, None, None)
    os.write(2, b"noise\n")
    second.__exit__(None, None, None)
    os.write(2, b"words\n")
    assert capfd.readouterr().err == "words\n"
