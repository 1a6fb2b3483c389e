"""What is rendered for the frozen set: arguments of `extempo render`, as typed in this folder."""

from typing import Final

_PLAYED: Final = {
    "solo": ("notes-a", "--bars", "12", "--seed", "1"),
    "key": ("notes-b", "--bars", "8", "--seed", "2", "--set", "key=Eb", "--set", "scale=minor"),
    "sampling": (
        *("notes-a", "--bars", "8", "--seed", "3", "--set", "top_k=12", "--set", "min_p=0.02"),
        *("--set", "temperature=0.7", "--set", "temperature_pitch=1.3", "--set", "variety=0.4"),
    ),
    "touch": ("notes-b", "--bars", "8", "--seed", "4", "--set", "velocity=40", "--set", "spread=8"),
    "polyphony": (
        *("notes-a", "--bars", "8", "--seed", "5", "--set", "polyphony=1", "--set", "density=3"),
    ),
    "continue": ("notes-a", "--in", "phrases/pedal.mid", "--mode", "continue", "--bars", "8"),
    "respond": (
        *("notes-b", "--in", "phrases/waltz.mid", "--mode", "respond", "--bars", "8"),
        *("--set", "entry=now", "--set", "closing=0", "--set", "texture=0"),
    ),
    "duo": (
        "notes-a",
        "--voice",
        "notes-b",
        "--bars",
        "8",
        "--set",
        "2.channel=2",
        "--set",
        "2.form=0",
    ),
    "sound": ("sound", "--in", "phrases/pedal.mid", "--bars", "1", "--seed", "6"),
}
RENDERINGS: Final = {
    name: words if name == "sound" else (*words, "--set", "form=0")
    for name, words in _PLAYED.items()
}
"""By the name of the file that it makes: as music was rendered before it came back to itself and answers had an end."""
