"""A listening socket that lets nobody new begin, while all who have begun still get in.

Closing a listening socket resets every client whom the system has let in and nobody has accepted.
However often the server accepts before, another may slip in between the last look and the end.
So the first packets (SYN) of newcomers are dropped before it: who waits can be accepted at leisure,
and the system of a newcomer asks again by itself a second later and is refused.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys

_SO_ATTACH_FILTER = 26  # Linux, asm-generic/socket.h; Python has no name for it
_FLAGS_BYTE, _SYN, _ACK = 13, 0x02, 0x10  # RFC 9293, 3.1

_LOAD_BYTE, _AND, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x54, 0x15, 0x06  # linux/bpf_common.h
_DROP, _KEEP_ALL = 0, 0xFFFFFFFF

# (what to do, jump when true, jump when false, operand): linux/filter.h, struct sock_filter
_DROP_FIRST_PACKETS = (
    (_LOAD_BYTE, 0, 0, _FLAGS_BYTE),
    (_AND, 0, 0, _SYN | _ACK),
    (_JUMP_IF_EQUAL, 0, 1, _SYN),
    (_RETURN, 0, 0, _DROP),
    (_RETURN, 0, 0, _KEEP_ALL),
)


def let_nobody_begin(listener: socket.socket) -> bool:
    """Drop what would begin a connection to this TCP socket, in every process that shares it.

    Connections that have begun are not touched. Whether it could be done: only Linux can, and there
    is no way back.
    """
    if sys.platform != "linux" or listener.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    steps = b"".join(struct.pack("HBBI", *step) for step in _DROP_FIRST_PACKETS)
    held = ctypes.create_string_buffer(steps, len(steps))
    program = struct.pack("HP", len(_DROP_FIRST_PACKETS), ctypes.addressof(held))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError:  # a system call filter or a sandbox that knows no socket filters
        return False
    return True
