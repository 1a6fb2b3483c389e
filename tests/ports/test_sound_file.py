import resource
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.ipc import pulse
from live.ipc.config import SoundOptions
from live.ipc.pulse import Pulse, Watch
from live.ipc.soundring import SoundRing
from live.ports.native import PortError
from scripts.sound_client import Stream
from tests.ports.sound_tools import RATE, SMOOTH, Player, pitch_of, sharpest
from tests.system_tools import wait_for

SCRIPT = Path(__file__).parents[2] / "scripts" / "sound_client.py"


@pytest.fixture
def stage():
    """Make a stage whose one voice plays a sine; `told` is what the player read."""
    from live.ports.audio.stage import SoundStage

    ring = SoundRing()
    player = Player(ring)
    made = []

    def stage(**options):
        one = SoundStage(SoundOptions(**options), "extempo", (ring,), None)
        made.append(one)
        one.told = []
        one.tell = one.lost = one.told.append
        one.ring = ring
        return one

    yield stage
    for one in made:
        one.close()
    player.close()
    ring.close()
    ring.unlink()


def played(one, seconds):
    frames = int(one.ring.header["read"][0]) + seconds * RATE
    wait_for(lambda: one.ring.header["read"][0] > frames)


@pytest.mark.parametrize(("name", "subtype"), [("out.wav", "FLOAT"), ("OUT.FLAC", "PCM_24")])
def test_a_file_alone_is_written_in_real_time(stage, tmp_path, name, subtype):
    path = tmp_path / name
    one = stage(out=str(path))
    begin = time.monotonic()
    assert one.open() == f"the file {path}"
    played(one, 1)
    one.close()
    assert time.monotonic() - begin > 1
    assert soundfile.info(path).subtype == subtype
    sound, rate = soundfile.read(path)
    assert rate == RATE
    assert sound.shape[1] == 2
    assert pitch_of(sound[-RATE // 2 :, 0]) == pytest.approx(440, abs=3)
    # From a fade in to a fade out, and nothing in between.
    assert sharpest(sound[:, 0]) < SMOOTH
    assert np.abs(sound[:50]).max() < 1e-3
    assert np.abs(sound[-50:]).max() < 1e-3
    assert one.told == []


def test_a_take_that_is_there_is_kept(stage, tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(b"the last take")
    one = stage(out=f"null, {path}")
    assert one.open() == f"nowhere: the sound is made and not heard; the file {tmp_path}/out-2.wav"
    one.close()
    assert path.read_bytes() == b"the last take"
    assert soundfile.info(tmp_path / "out-2.wav").channels == 2


def test_another_rate_begins_another_file(stage, tmp_path):
    from live.ports.audio.null import NullDriver

    one = stage(out=str(tmp_path / "out.wav"))
    one.open()
    played(one, 0.2)
    one._driver.stop()
    one._driver = NullDriver(one._mixer, 44100)
    one._driver.start()
    wait_for(lambda: one.told)
    played(one, 0.2)
    one.close()
    assert soundfile.info(tmp_path / "out.wav").samplerate == 48000
    assert soundfile.info(tmp_path / "out-2.wav").samplerate == 44100
    assert one.told == [f"The sound file goes on as {tmp_path}/out-2.wav."]


@pytest.mark.parametrize("name", ["out.wav", "out.flac"])
def test_a_full_disk_is_told_and_what_is_written_is_kept(stage, tmp_path, name):
    path = tmp_path / name
    one = stage(out=str(path))
    one.open()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
        wait_for(lambda: one.told)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert one.told[0].startswith(f"{path} cannot be written any more (")
    assert one.told[0].endswith("): what is there is kept, and the music goes on.")
    played(one, 0.2)
    one.close()
    sound, _ = soundfile.read(path)
    assert len(sound) > 10_000
    assert pitch_of(sound[2000:10_000, 0]) == pytest.approx(440, abs=10)


def test_where_it_cannot_be_written_it_is_refused(stage, tmp_path):
    with pytest.raises(PortError, match=r"cannot be written \(No such file or directory\)"):
        stage(out=str(tmp_path / "nowhere" / "out.wav")).open()
    with pytest.raises(PortError, match=r"cannot be written \(File name too long\)"):
        stage(out=str(tmp_path / f"{'a' * 300}.wav")).open()
    with pytest.raises(PortError, match=r"one way at a time, and --sound names null and jack"):
        stage(out="null,jack").open()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_programs_without_jack_receive_the_sound(stage):
    port = free_port()
    one = stage(out="null", stream=port)
    assert one.open().endswith(f"; a stream at 127.0.0.1 port {port}")
    streams = [Stream(port), Stream(port)]
    for stream in streams:
        assert (stream.rate, stream.channels, stream.block) == (RATE, 2, 256)
        got = [block for _, block in zip(range(200), stream.blocks(), strict=False)]
        assert [number for number, _, _ in got] == list(range(200))
        frames = [frame for _, frame, _ in got]
        assert [frame - frames[0] for frame in frames] == [256 * one for one in range(200)]
        sound = np.concatenate([block for _, _, block in got])
        assert sharpest(sound[:, 0]) < SMOOTH
        assert pitch_of(sound[-16384:, 1]) == pytest.approx(440, abs=5)
        stream.close()


def test_the_client_writes_a_file(stage, tmp_path):
    port = free_port()
    stage(out="null", stream=port).open()
    path = tmp_path / "heard.wav"
    command = [sys.executable, str(SCRIPT), str(port), str(path), "-s", "0.5"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert said == "2 channels, 48000 Hz, 256 frames a block\n"
    sound, rate = soundfile.read(path)
    assert rate == RATE
    assert len(sound) == 94 * 256
    assert pitch_of(sound[-16384:, 0]) == pytest.approx(440, abs=5)


def test_a_slow_client_is_cut_off_and_holds_nobody_up(stage):
    port = free_port()
    one = stage(out="null", stream=port)
    one.open()
    with socket.socket() as slow:
        # It says hello, and reads nothing.
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", port))
        quick = Stream(port)
        numbers = []
        for number, _, _ in quick.blocks():
            numbers.append(number)
            if one.told:
                break
            assert number < 188 * 60
        assert one.told == [
            "A program that listens to the sound stream is too slow: it is cut off."
        ]
        assert numbers == list(range(len(numbers)))
        quick.close()


def test_a_port_that_is_taken_is_refused(stage):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortError, match=r"choose another one with --stream"):
            stage(out="null", stream=port).open()


@pytest.fixture
def hearts(monkeypatch):
    made = Pulse()
    monkeypatch.setattr(pulse, "_ours", [made])
    monkeypatch.setattr(pulse, "HUNG", 1.5)
    yield made
    monkeypatch.undo()
    made.close()
    made.unlink()


def test_a_disk_that_hangs_is_noticed(hearts, stage, tmp_path):
    one, watch, go_on = stage(out=str(tmp_path / "out.wav")), Watch(hearts), threading.Event()
    one.open()
    [file] = one._aside
    write = file._file.write
    file._file.write = lambda block: (go_on.wait(20), write(block))
    said = "The sound file out.wav has not answered for 1.5 seconds."
    try:
        wait_for(lambda: said in watch.look()[1], 10)
    finally:
        go_on.set()
    wait_for(lambda: "The sound file out.wav answers again." in watch.look()[1])
    one.close()
    assert list(hearts.threads()) == []


def test_a_file_that_ends_in_whatever_way_is_told(stage, tmp_path):
    one = stage(out=str(tmp_path / "out.wav"))
    one.open()

    def fails(_):
        raise ValueError("no such samples")

    one._aside[0]._file.write = fails
    wait_for(lambda: one.told)
    assert "out.wav cannot be written any more" in one.told[0]


def test_a_stream_lives_though_nobody_listens_and_goes_on_where_it_fails(hearts, stage):
    one, watch = stage(out="null", stream=free_port()), Watch(hearts)
    one.open()
    [stream] = one._aside
    said = []

    def look():
        vital, texts = watch.look()
        said.extend([*vital, *texts])
        return False

    with suppress(TimeoutError):
        wait_for(look, 2.5)
    assert said == []
    assert "the sound stream" in [name for _, _, name, _ in hearts.threads()]
    accept = stream._accept
    stream._accept = None
    with socket.create_connection(("127.0.0.1", stream.port)) as program:
        wait_for(lambda: one.told)
        assert one.told[0].startswith("The sound stream failed (")
        stream._accept = accept
        program.settimeout(10)
        assert program.recv(4) == b"XSND"
