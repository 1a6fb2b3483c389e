"""Messages between the processes: rings in shared memory, with a wake-up and no locks.

A ring has one writer and one reader. Each side writes only its own counter, and a message counts
only once the writer's counter says so: a writer that dies in the middle of one leaves nothing.
"""

import contextlib
import select
import socket
import struct
import zlib
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Final, Generic, TypeVar

import msgspec

from live.ipc.shared import attached, free

T = TypeVar("T")

_COUNTERS: Final = 128
"""Bytes before the slots: the writer's counter, and the reader's in a cache line of its own."""
_WRITTEN: Final = 0
_READ: Final = 8
_HEAD: Final = struct.Struct("<II")


class Wake:
    """Wakes one process that waits; any process that was given it may call `notify`.

    It travels to spawned processes as an argument. Threads: notify() from any, wait() from one.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def notify(self) -> None:
        """Wake the waiting process, or let the next wait return at once. Never blocks."""
        # A full socket holds a wake-up already; a closed one has nobody left to wake.
        with contextlib.suppress(OSError):
            self._writer.send(b"!")

    def wait(self, timeout: float | None) -> None:
        """Return when notified, or after `timeout` seconds: None is for ever, 0 or less at once."""
        if timeout is not None and timeout < 0:
            timeout = 0.0
        # select's timeout has microseconds where poll and epoll round up to a millisecond.
        ready, _, _ = select.select((self._reader,), (), (), timeout)
        if ready:
            with contextlib.suppress(BlockingIOError):
                self._reader.recv(4096)

    def close(self) -> None:
        """Free this process's ends."""
        self._reader.close()
        self._writer.close()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._reader.setblocking(False)
        self._writer.setblocking(False)


class Ring(Generic[T]):
    """A ring of messages from one writer to one reader, each in a process of its own.

    messages: the union of frozen msgspec Structs that it carries. wake: wakes the reader; None for
    a reader that looks by itself. slots: how many messages it holds. width: bytes one may take.
    name: the memory's, of the system's choice where there is none.
    It travels to spawned processes as an argument. Threads: put() from one, drain() from one.
    """

    def __init__(
        self,
        messages: Any,
        wake: Wake | None = None,
        slots: int = 1024,
        width: int = 512,
        name: str | None = None,
    ) -> None:
        size = _COUNTERS + slots * (_HEAD.size + width)
        self._open(messages, wake, slots, width, SharedMemory(name, create=True, size=size))

    def _open(
        self, messages: Any, wake: Wake | None, slots: int, width: int, memory: SharedMemory
    ) -> None:
        self._messages = messages
        self._wake = wake
        self._slots = slots
        self._width = width
        self._memory = memory
        assert memory.buf is not None
        self._bytes = memoryview(memory.buf)
        self._counters = self._bytes[:_COUNTERS].cast("Q")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(messages).decode

    def put(self, message: T) -> bool:
        """Hand a message over and wake the reader. False if it is full or the message too wide."""
        data = self._encode(message)
        length = len(data)
        written = self._counters[_WRITTEN]
        if length > self._width or written - self._counters[_READ] >= self._slots:
            return False
        start = self._slot(written)
        _HEAD.pack_into(self._bytes, start, length, zlib.crc32(data, written & 0xFFFFFFFF))
        start += _HEAD.size
        self._bytes[start : start + length] = data
        self._counters[_WRITTEN] = written + 1
        if self._wake is not None:
            self._wake.notify()
        return True

    def drain(self) -> list[T]:
        """Return all waiting messages, oldest first. Never waits."""
        read = self._counters[_READ]
        written = self._counters[_WRITTEN]
        found: list[T] = []
        while read < written:
            start = self._slot(read)
            length, check = _HEAD.unpack_from(self._bytes, start)
            start += _HEAD.size
            data = bytes(self._bytes[start : start + min(length, self._width)])
            # Processors other than x86 may show the counter before the bytes: they come next time.
            if zlib.crc32(data, read & 0xFFFFFFFF) != check:
                break
            found.append(self._decode(data))
            read += 1
            self._counters[_READ] = read
        return found

    def __len__(self) -> int:
        """How many messages are waiting."""
        return self._counters[_WRITTEN] - self._counters[_READ]

    @property
    def slots(self) -> int:
        """How many messages it holds."""
        return self._slots

    @property
    def room(self) -> int:
        """How many more messages it takes now."""
        return self._slots - len(self)

    @property
    def taken(self) -> int:
        """How many messages its reader ever took out."""
        return int(self._counters[_READ])

    def close(self) -> None:
        """Let go of the memory in this process; twice does nothing."""
        self._counters.release()
        self._bytes.release()
        self._memory.close()

    def unlink(self) -> None:
        """Free the memory for all; for the process that made the ring, after it has closed it."""
        free(self._memory)

    def _slot(self, counter: int) -> int:
        return _COUNTERS + counter % self._slots * (_HEAD.size + self._width)

    def __getstate__(self) -> tuple[Any, Wake | None, int, int, str]:
        return self._messages, self._wake, self._slots, self._width, self._memory.name

    def __setstate__(self, state: tuple[Any, Wake | None, int, int, str]) -> None:
        messages, wake, slots, width, name = state
        memory = attached(name)
        self._open(messages, wake, slots, width, memory)
