"""A durable write in the background, by the asynchronous I/O of Linux (io_submit), for which Python has no library.

The file must be open with O_DIRECT (no page cache) and O_DSYNC (durable at once). The disk then works by itself between
`begin` and `finish`, without a thread. `available` is False where the system does not offer this.
"""

import ctypes
import errno
import mmap
import os
import platform

WRITE = 1  # IOCB_CMD_PWRITE
# Numbers of the system calls io_setup, io_submit, io_getevents.
CALLS = {"x86_64": (206, 209, 208), "aarch64": (0, 2, 4)}


class _Request(ctypes.Structure):
    """`struct iocb` of <linux/aio_abi.h>, little-endian."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_uint32),
        ("opcode", ctypes.c_uint16),
        ("priority", ctypes.c_int16),
        ("handle", ctypes.c_uint32),
        ("address", ctypes.c_uint64),
        ("length", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("reserved", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("signal_handle", ctypes.c_uint32),
    )


class DirectWrite:
    """Writes from its own page-aligned `buffer`, one write at a time."""

    def __init__(self, capacity: int) -> None:
        """`capacity`: size of the buffer, the most bytes of one write."""
        self._memory = mmap.mmap(-1, capacity)
        self.buffer = memoryview(self._memory)
        self._request = _Request(opcode=WRITE)
        self._requests = (ctypes.POINTER(_Request) * 1)(ctypes.pointer(self._request))
        self._result = (ctypes.c_int64 * 4)()  # `struct io_event`: data, request, result, second result
        self._context = ctypes.c_ulong(0)
        self._library = ctypes.CDLL(None, use_errno=True)
        self._calls = CALLS.get(platform.machine(), ())
        self.available = bool(self._calls) and self._call(0, 1, ctypes.byref(self._context)) == 0
        self._request.address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))

    def begin(self, handle: int, length: int, offset: int) -> None:
        """Start to write the first `length` bytes of the buffer at `offset`; both are multiples of a sector.

        The caller must not touch the buffer until `finish`.
        """
        self._request.handle, self._request.length, self._request.offset = handle, length, offset
        if self._call(1, self._context, 1, self._requests) != 1:
            raise self._error()

    def finish(self) -> int:
        """Wait until the write is on stable storage. Returns the bytes written, which may be fewer than asked for."""
        while self._call(2, self._context, 1, 1, self._result, None) != 1:
            if ctypes.get_errno() != errno.EINTR:  # interrupted by a signal: wait again
                raise self._error()
        taken = int(self._result[2])
        if taken < 0:
            raise OSError(-taken, os.strerror(-taken))
        return taken

    def _call(self, number: int, *arguments: object) -> int:
        return int(self._library.syscall(self._calls[number], *arguments))

    @staticmethod
    def _error() -> OSError:
        number = ctypes.get_errno()
        return OSError(number, os.strerror(number))
