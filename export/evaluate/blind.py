"""The blind page: excerpts by people and by an artifact in random order, and a listener's guesses counted."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import chain, repeat
from typing import Final, NamedTuple

from numpy.random import Generator

from export.evaluate.clips import BEATS, TEMPO, compressed, even, sound, stretch
from export.evaluate.excerpts import Music
from export.evaluate.html import document
from models.contract.errors import ExtempoError
from models.measures.excerpt import Excerpt

HTML: Final = "blind.html"
CLIPS: Final = 20
SALT: Final = 8
"""Bytes with which the key is made unreadable."""


class Clip(NamedTuple):
    """An excerpt as it is heard. ours: whether the artifact played it. name: where it is from."""

    ours: bool
    name: str
    mp3: bytes


def clips(made: Music, rng: Generator, shown: Callable[[float], None]) -> list[Clip]:
    """Return excerpts of about half a minute; whose each is, a coin has said.

    Raises ExtempoError where nothing of one side is long enough.
    """
    sides = {
        True: _cuts("what it plays", made.played(lambda done: shown(0.5 * done)), rng),
        False: _cuts("people's music", made.whole_people, rng),
    }
    found = []
    for number in range(CLIPS):
        ours = bool(rng.integers(2))
        music = next(sides[ours])
        found.append(Clip(ours, music.name, compressed(sound(even(music)))))
        shown(0.5 + 0.5 * (number + 1) / CLIPS)
    return found


def _cuts(what: str, side: Sequence[Excerpt], rng: Generator) -> Iterator[Excerpt]:
    """Return cuts of one piece after the other without end; where all have been heard, other cuts."""

    def round_of() -> list[Excerpt]:
        mixed = (side[int(at)] for at in rng.permutation(len(side)))
        return [cut for music in mixed if (cut := stretch(music, rng)) is not None]

    first = round_of()
    if not first:
        raise ExtempoError(
            f"nothing of {what} has {BEATS} beats with enough notes: give it more --bars, or name other music with "
            f"--corpus."
        )
    return chain(first, chain.from_iterable(round_of() for _ in repeat(None)))


def page(name: str, found: Sequence[Clip], rng: Generator) -> str:
    """Return the page. name: of the artifact."""
    rows = "".join(
        f"<tr><td>{number + 1}</td><td><audio controls preload=metadata "
        f'src="data:audio/mpeg;base64,{base64.b64encode(clip.mp3).decode()}"></audio></td>'
        f'<td><label><input type=radio name=g{number} value=0> a person</label></td>'
        f'<td><label><input type=radio name=g{number} value=1> {escape(name)}</label></td><td></td></tr>\n'
        for number, clip in enumerate(found)
    )  # fmt: skip
    told = (
        f"Each of these {len(found)} excerpts was written by a person or played by {name}; a coin has said which. "
        f"The same piano plays all of them at {TEMPO:.0f} beats a minute, on one grid and with one touch. Guess, then "
        f"count."
    )
    body = [
        "<h1>Who plays?</h1>",
        f"<p>{escape(told)}</p>",
        f"<table>{rows}</table>",
        '<p><button id="count">Count</button> <b id="result"></b></p>',
        f"<script>const key = {json.dumps(hidden(found, rng))};{SCRIPT}</script>",
    ]
    return document("Who plays?", body)


def hidden(found: Sequence[Clip], rng: Generator) -> str:
    """Return who played what as text that nobody reads at a glance; `SCRIPT` reads it."""
    plain = json.dumps([[int(clip.ours), clip.name] for clip in found]).encode()
    salt = rng.bytes(SALT)
    mixed = bytes(byte ^ salt[at % SALT] ^ (at * 31 & 255) for at, byte in enumerate(plain))
    return base64.b64encode(salt + mixed).decode()


SCRIPT: Final = """
const bytes = Uint8Array.from(atob(key), c => c.charCodeAt(0)), salt = bytes.slice(0, 8);
const truth = () => JSON.parse(new TextDecoder().decode(
  bytes.slice(8).map((b, at) => b ^ salt[at % 8] ^ (at * 31 & 255))));
const players = [...document.querySelectorAll("audio")];
players.forEach(one => one.onplay = () => players.forEach(other => other === one || other.pause()));
const chance = (right, of) => {
  let sum = 0, term = Math.pow(0.5, of);
  for (let k = 0; k <= of; k++) { if (k >= right) sum += term; term *= (of - k) / (k + 1); }
  return sum;
};
document.getElementById("count").onclick = () => {
  const rows = [...document.querySelectorAll("tr")], result = document.getElementById("result");
  const guesses = rows.map(row => row.querySelector("input:checked"));
  const left = guesses.filter(one => !one).length;
  if (left) { result.textContent = `${left} to guess first.`; return; }
  let right = 0;
  truth().forEach(([ours, name], at) => {
    const hit = Number(guesses[at].value) === ours;
    right += hit;
    rows[at].lastElementChild.textContent = `${hit ? "right" : "wrong"}: ${name}`;
    rows[at].lastElementChild.className = hit ? "good" : "bad";
  });
  document.querySelectorAll("input").forEach(one => one.disabled = true);
  const p = chance(right, rows.length);
  result.textContent = `${right} of ${rows.length} right. Who only guesses gets so many or more in ` +
    `${(100 * p).toFixed(p < 0.01 ? 2 : 0)} of 100 tries.`;
};
"""
