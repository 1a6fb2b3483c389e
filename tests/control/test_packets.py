import contextlib
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from live.control.surfaces.osc.packets import LARGEST, Message, OscError, read, write

NOW, WALL = 1000.0, 1.7e9


def bundle(wall: float, *contents: bytes) -> bytes:
    tag = 1 if wall == IMMEDIATELY else int((wall + 2208988800) * 2**32)
    sized = b"".join(struct.pack(">i", len(content)) + content for content in contents)
    return b"#bundle\0" + struct.pack(">Q", tag) + sized


def test_a_message() -> None:
    assert read(write("/extempo/a", (1, 0.5, "two words ü")), NOW, WALL) == [
        Message("/extempo/a", [1, 0.5, "two words ü"], 0.0)
    ]


def test_every_number_type_is_a_number() -> None:
    builder = OscMessageBuilder("/a")
    for value, kind in ((1, "i"), (1.0, "f"), (1.0, "d"), (1, "h"), (True, "T"), (False, "F")):
        builder.add_arg(value, kind)
    (message,) = read(builder.build().dgram, NOW, WALL)
    assert list(message.arguments) == [1, 1, 1, 1, True, False]


@pytest.mark.parametrize("value", [0.95, 0.1, 16777215.0, 1e-3, 123.456])
def test_floats_are_what_the_sender_wrote(value: float) -> None:
    (message,) = read(write("/a", (value,)), NOW, WALL)
    assert message.arguments == [value]


def test_messages_without_type_tags_are_taken() -> None:
    assert read(b"/panic\0\0", NOW, WALL) == [Message("/panic", [], 0.0)]


def test_only_i_f_and_s_are_sent() -> None:
    packet = write("/a", (True, 3, 0.5, "x"))
    assert b",iifs\0" in packet


def test_a_time_tag_becomes_a_time_of_the_monotonic_clock() -> None:
    packet = bundle(WALL + 2.5, write("/a", ()), write("/b", ()))
    first, second = read(packet, NOW, WALL)
    assert (first.address, second.address) == ("/a", "/b")
    assert first.at == pytest.approx(NOW + 2.5, abs=1e-5)
    assert second.at == first.at


@pytest.mark.parametrize("wall", [IMMEDIATELY, WALL - 30, 0.0])
def test_immediate_and_stale_tags_act_at_once(wall: float) -> None:
    assert read(bundle(wall, write("/a", ())), NOW, WALL)[0].at == 0.0


def test_a_tag_that_has_just_gone_by_is_kept() -> None:
    assert read(bundle(WALL - 0.02, write("/a", ())), NOW, WALL)[0].at == pytest.approx(NOW - 0.02)


def test_a_far_future_is_refused() -> None:
    with pytest.raises(OscError, match="60 seconds ahead"):
        read(bundle(WALL + 61, write("/a", ())), NOW, WALL)


def test_an_immediate_bundle_within_a_timed_one_waits_for_it() -> None:
    packet = bundle(WALL + 1, bundle(IMMEDIATELY, write("/a", ())))
    assert read(packet, NOW, WALL)[0].at == pytest.approx(NOW + 1, abs=1e-5)


def test_python_osc_clients_bundles_are_read() -> None:
    wall = time.time()
    builder = OscBundleBuilder(wall + 1)  # type: ignore[arg-type]
    message = OscMessageBuilder("/a")
    message.add_arg(1)
    builder.add_content(message.build())
    (read_message,) = read(builder.build().dgram, NOW, wall)
    assert read_message.at == pytest.approx(NOW + 1, abs=1e-3)


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (b"", "packet"),
        (b"hello", "packet"),
        (b"/a", "packet"),
        (b"/a\0\0a,\0\0", "packet"),
        (b"/a\0\0,i\0\0", "packet"),
        (b"/a\0\0,f\0\0", "packet"),
        (b"/a\0\0,f\0\0\x3f", "packet"),
        (b"/a\0\0,ff\0\x3f\0\0\0", "packet"),
        (b"/a\0\0,d\0\0\x3f\xf0\0\0", "packet"),
        (b"/a\0\0,fd\0" + bytes(8), "packet"),
        (b"/a\0\0,s\0\0abc", "packet"),
        (b"/a\0\0,s\0\0ab\0", "packet"),
        (b"/a\0\0,\0\0", "packet"),
        (b"/a\0\0,f\0\0\x3f\0\0\0\0", "packet"),
        (b"/a\0\0,T\0\0\0\0\0\0", "packet"),
        (b"/a\0\0,s\0\0ab\0\0abc\0", "packet"),
        (b"/a\0\0,s\0\0\xff\xfe\0\0", "packet"),
        (b"/\xff\0\0", "packet"),
        (b"/a\0\0,b\0\0\0\0\0\0", "type"),
        (b"/a\0\0,[i]\0\0\0\0\0\0\0\0", "type"),
        (b"#bundle\0", "packet"),
        (b"#bundle\0" + bytes(8) + b"\0\0", "packet"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -4), "packet"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 0), "packet"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 1 << 30), "packet"),
        (b"/a\0\0,s\0\0" + b"a" * LARGEST, "size"),
    ],
)
def test_malformed_packets_are_refused_in_a_sentence(packet: bytes, code: str) -> None:
    with pytest.raises(OscError) as caught:
        read(packet, NOW, WALL)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_bundles_may_not_lie_ever_deeper() -> None:
    packet = write("/a", ())
    for _ in range(4):
        packet = bundle(IMMEDIATELY, packet)
    assert len(read(packet, NOW, WALL)) == 1
    with pytest.raises(OscError, match="deep"):
        read(bundle(IMMEDIATELY, packet), NOW, WALL)


def test_one_bad_message_in_a_bundle_refuses_it_all() -> None:
    with pytest.raises(OscError):
        read(bundle(IMMEDIATELY, write("/a", ()), b"/b\0\0,i\0\0"), NOW, WALL)


@pytest.mark.parametrize("arguments", [b"", b"\x3f", bytes(8)])
def test_a_message_in_a_bundle_is_as_long_as_its_arguments(arguments: bytes) -> None:
    packet = bundle(IMMEDIATELY, b"/a\0\0,f\0\0" + arguments, write("/b", ()))
    with pytest.raises(OscError, match=r"ends before its arguments \(f\) do, or goes on"):
        read(packet, NOW, WALL)


pieces = st.one_of(
    st.binary(max_size=24),
    st.sampled_from(
        [b"#bundle\0", b"/extempo\0\0\0\0", b",ifs\0\0\0\0", bytes(8), b"\xff\xff\xff\xfc"]
    ),
    st.integers(-(2**31), 2**31 - 1).map(lambda number: struct.pack(">i", number)),
)


@given(st.lists(pieces, max_size=12).map(b"".join))
def test_no_packet_does_more_than_an_osc_error(packet: bytes) -> None:
    with contextlib.suppress(OscError):
        assert all(message.address.startswith("/") for message in read(packet, NOW, WALL))


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.lists(
        st.one_of(
            st.integers(-(2**31), 2**31 - 1),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
        ),
        max_size=6,
    ),
)
def test_what_is_written_is_read(path: str, arguments: list[int | str]) -> None:
    assert read(write(f"/{path}", arguments), NOW, WALL) == [Message(f"/{path}", arguments, 0.0)]
