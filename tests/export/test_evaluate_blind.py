"""The blind page: what is on it, that nothing on it gives away who plays, and how it counts."""

import base64
import html
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from export.evaluate import cli
from export.evaluate.blind import CLIPS, HTML, SALT, Clip, clips, hidden, page
from export.evaluate.clips import BEATS, FEWEST, OTHERS, RATE, SHORTEST, TOP, even, sound, stretch
from export.evaluate.excerpts import Music
from export.evaluate.subject import Asked, judged
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt
from tests.models.scores import random_score
from tests.tiny import tiny_artifact

pytest.importorskip("tinysoundfont")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for number in range(30):
        random_score(tmp_path / "mine" / f"{number}.mid", number, beats=64)
    return tmp_path


def read(key: str) -> list[list[object]]:
    """What the page's script makes of its key."""
    given = base64.b64decode(key)
    salt, mixed = given[:SALT], given[SALT:]
    plain = bytes(b ^ salt[at % SALT] ^ (at * 31 & 255) for at, b in enumerate(mixed))
    return json.loads(plain)


def lines(count: int, gap: int = 12) -> Excerpt:
    notes = [(gap * n, 60 + n % 12, 20 + n % 100, gap) for n in range(count)]
    return Excerpt(np.array(notes), name="line")


def test_touch_and_grid_are_the_same_for_all() -> None:
    notes = [[1, 48, 90, 30], [0, 60, 20, 11], [13, 62, 127, 1], [25, 62, 5, 40], [36, 62, 5, 3]]
    found = even(Excerpt(np.array(notes))).notes.tolist()
    assert found == [
        [0, 48, OTHERS, 30], [0, 60, TOP, 12], [12, 62, TOP, SHORTEST], [24, 62, TOP, 12], [36, 62, TOP, 4],
    ]  # fmt: skip


def test_a_cut_begins_on_a_bar_and_has_enough_notes() -> None:
    rng = np.random.default_rng(1)
    music = lines(300)
    for _ in range(5):
        cut = stretch(music, rng)
        assert cut is not None
        assert cut.notes[0, 0] == 0
        assert cut.notes[-1, 0] < BEATS * TICKS
        assert len(cut.notes) == 2 * BEATS
    assert stretch(lines(FEWEST - 1, gap=60), rng) is None
    assert stretch(lines(60), rng) is None, "it is too short"


def test_all_sound_equally_loud_and_as_long() -> None:
    quiet, full = lines(2 * BEATS), lines(4 * BEATS, gap=6)
    heard = [sound(even(music)) for music in (quiet, full)]
    assert {len(one) for one in heard} == {len(heard[0])}
    loud = [float(np.sqrt((one**2).mean())) for one in heard]
    assert loud[0] == pytest.approx(loud[1], rel=1e-3)
    assert loud[0] > 0.02
    assert all(abs(one[-1]) < 1e-4 for one in heard)


def test_the_page_tells_nobody_who_plays(data: Path) -> None:
    artifact = tiny_artifact(data / "tiny.onnx")
    words = [str(artifact), "--data", str(data), "--corpus", "mine", "--blind", "-o", str(data)]
    done = CliRunner().invoke(cli.command, [*words, "--seeds", "3", "--bars", "16"])
    assert done.exit_code == 0, done.output
    text = (data / HTML).read_text()
    sounds = re.findall(r'src="data:audio/mpeg;base64,([^"]+)"', text)
    assert len(sounds) == CLIPS
    for one in sounds[:2]:
        heard, rate = soundfile.read(io.BytesIO(base64.b64decode(one)))
        assert rate == RATE
        assert np.abs(heard).max() > 0.05
    truth = read(re.search(r'const key = "([^"]+)"', text)[1])
    assert {name.startswith("seed ") == bool(ours) for ours, name in truth} == {True}
    assert 0 < sum(ours for ours, _ in truth) < CLIPS, "this happens once in half a million times"
    without = re.sub(r'base64,[^"]+', "", text)
    assert "seed " not in without
    assert ".mid" not in without
    assert "http" not in without


def test_what_cannot_be_heard_blind_is_told(data: Path) -> None:
    artifact = tiny_artifact(data / "tiny.onnx")
    words = [str(artifact), "--data", str(data), "--corpus", "mine", "--blind"]
    done = CliRunner().invoke(cli.command, words)
    assert "say into which folder with -o" in done.output
    music = Music(judged(str(artifact), Asked(data, ("mine",), "valid", 2, 4)))
    with pytest.raises(ExtempoError, match="nothing of what it plays has 48 beats"):
        clips(music, np.random.default_rng(1), lambda _: None)


def test_a_listener_is_counted(tmp_path: Path) -> None:
    """In a real browser, where there is one: everything is taken for a person's."""
    rng = np.random.default_rng(3)
    found = [Clip(number % 4 == 0, f"name {number} <b>", b"mp3") for number in range(12)]
    assert read(hidden(found, rng)) == [[int(one.ours), one.name] for one in found]
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("There is no Chromium (apt-get install chromium)")
    guess = (
        "<script>document.getElementById('count').click();"
        "document.title = document.getElementById('result').textContent;"
        "document.querySelectorAll('input[value=\"0\"]').forEach(one => one.click());"
        "document.getElementById('count').click();</script></body>"
    )
    shown = page("tiny & co", found, rng).replace("</body>", guess)
    (tmp_path / "page.html").write_text(shown)
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'user'}",
         "--dump-dom", (tmp_path / "page.html").as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    text = html.unescape(done.stdout)
    assert "<title>12 to guess first.</title>" in text
    # 9 and more of 12: (220 + 66 + 12 + 1) / 4096.
    assert "9 of 12 right. Who only guesses gets so many or more in 7 of 100 tries." in text
    assert "wrong: name 0 <b>" in text
    assert "right: name 1 <b>" in text
