"""Who hangs is found out, and who only slept is left alone."""

import threading

import pytest

from live.daemon import processes
from live.ipc import pulse
from live.ipc.pulse import HUNG, Pulse, Stillness, Watch


@pytest.fixture
def hearts():
    made = Pulse()
    yield made
    made.close()
    made.unlink()


@pytest.fixture
def pass_time(monkeypatch):
    """Let seconds go by, in steps of half of one, and look after each."""
    now = [100.0]
    monkeypatch.setattr("live.ipc.pulse.time.monotonic", lambda: now[0])

    def go_by(seconds, look=lambda: None, step=0.5):
        for _ in range(round(seconds / step)):
            now[0] += step
            found = look()
        return found

    return go_by


def test_a_vital_thread_that_falls_silent_is_found_within_five_seconds(hearts, pass_time):
    watch = Watch(hearts)
    beat = hearts.begin("the engine")
    assert watch.look() == ([], [])
    assert pass_time(3, watch.look) == ([], [])
    beat()
    assert pass_time(4, watch.look) == ([], [])
    assert pass_time(1, watch.look) == (["the engine"], [])
    assert HUNG + 0.5 < 5


def test_of_another_it_is_said_once_and_when_it_answers_again(hearts, pass_time):
    watch = Watch(hearts)
    beat = hearts.begin("the recorder", vital=False)
    said = []

    def look():
        said.extend(watch.look()[1])

    pass_time(20, look)
    beat()
    pass_time(1, look)
    assert said == [
        "The recorder has not answered for 4 seconds.",
        "The recorder answers again.",
    ]


def test_who_waits_for_something_may_be_silent_for_longer(hearts, pass_time):
    watch = Watch(hearts)
    hearts.begin("the ports")(20.0)
    assert pass_time(23, watch.look) == ([], [])
    assert pass_time(3, watch.look) == (["the ports"], [])


def test_who_has_ended_well_is_not_missed(hearts, pass_time):
    watch = Watch(hearts)
    hearts.begin("the engine")
    hearts.end("the engine")
    assert pass_time(20, watch.look) == ([], [])


def test_after_a_sleep_of_the_machine_nobody_hangs(hearts, pass_time):
    watch = Watch(hearts)
    beat = hearts.begin("the engine")
    watch.look()
    assert pass_time(3600, watch.look, step=3600) == ([], [])
    beat()
    assert pass_time(4, watch.look) == ([], [])


def test_another_process_of_the_same_name_begins_afresh(hearts, pass_time):
    hearts.begin("the engine")
    pass_time(10)
    hearts.clear()
    assert list(hearts.threads()) == []
    watch = Watch(hearts)
    hearts.begin("the engine")
    assert pass_time(3, watch.look) == ([], [])


def test_there_is_room_for_all_threads_and_names_are_cut(hearts):
    for number in range(31):
        hearts.begin(f"the sound of voice {number}")
    hearts.begin("x" * 100)
    names = [name for _, _, name, _ in hearts.threads()]
    assert len(names) == 32
    assert names[-1] == "x" * 40


def test_what_stands_still_is_counted_only_while_somebody_looks(pass_time):
    still = Stillness()
    still.seconds("a")
    assert pass_time(2, lambda: still.seconds("a")) == pytest.approx(2)
    assert pass_time(100, lambda: still.seconds("a"), step=100) == pytest.approx(2.6)
    assert still.seconds("b") == 0


def test_work_that_fails_is_told_and_done_again(monkeypatch):
    monkeypatch.setattr("live.ipc.pulse.time.sleep", lambda _: None)
    told, tries = [], []

    def work():
        tries.append(threading.current_thread())
        if len(tries) < 3:
            raise ValueError("a broken line")

    pulse.again("the recorder", work, told.append)
    assert len(tries) == 3
    assert told == ["The recorder failed (ValueError('a broken line')) and was started again."] * 2


def test_a_long_name_is_cut_between_its_letters_and_still_known(hearts):
    long = "the sound file " + "\u00fc" * 20
    hearts.begin(long)
    hearts.begin(long)
    assert [name for _, _, name, _ in hearts.threads()] == ["the sound file " + "\u00fc" * 12]
    hearts.end(long)
    assert list(hearts.threads()) == []


def test_of_a_process_that_stands_still_it_is_not_told_which_threads_do(hearts, pass_time):
    watch = Watch(hearts)
    hearts.begin("the recorder", vital=False)
    vital = hearts.begin("the engine")
    assert pass_time(1, watch.look) == ([], [])
    vital()
    said = []
    vital_hangs = pass_time(5, lambda: said.extend(watch.look()[1]) or watch.look()[0])
    assert vital_hangs == ["the engine"]
    assert said == []
    vital()
    assert watch.look() == ([], ["The recorder has not answered for 4 seconds."])


def test_of_the_daemon_it_is_said_that_music_plays_on_only_while_it_hangs(hearts, pass_time, capfd):
    watch = Watch(hearts)
    beat = hearts.begin("the daemon", vital=False)
    pass_time(6, lambda: processes.tell_of_daemon(watch))
    beat()
    pass_time(1, lambda: processes.tell_of_daemon(watch))
    assert capfd.readouterr().err.splitlines() == [
        "The daemon has not answered for 4 seconds. Meanwhile the music plays on.",
        "The daemon answers again.",
    ]


def test_who_has_ended_does_not_beat_for_who_came_after(hearts, pass_time):
    watch = Watch(hearts)
    beat = hearts.begin("the start of ports")
    hearts.end("the start of ports")
    hearts.begin("the ports")

    def look():
        beat(30.0)
        return watch.look()

    assert pass_time(5, look) == (["the ports"], [])
