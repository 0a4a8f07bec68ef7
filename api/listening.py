"""The sockets that `gallery serve` listens on, and who could reach them."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Sequence

from gunicorn.systemd import SD_LISTEN_FDS_START, listen_fds  # type: ignore[import-untyped]

from gallery.errors import AddressUnavailable


def given() -> list[socket.socket]:
    """The sockets that systemd has opened for this process (sd_listen_fds); mostly none.

    To look at: gunicorn finds them by itself and serves them.
    """
    first, count = SD_LISTEN_FDS_START, listen_fds(unset_environment=False)
    return [socket.socket(fileno=os.dup(number)) for number in range(first, first + count)]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address of this machine; AddressUnavailable with advice."""
    if not 0 <= port <= 65535:
        raise AddressUnavailable(f"port is {port}; 0 to 65535 are possible. Choose another --port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise AddressUnavailable(
            f"{host!r} is no address of this machine. Choose another --host, as in 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise AddressUnavailable(_advice(host, port, error)) from error
    return listener


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use. Stop what uses it or choose another --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has. Choose a --port above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Choose another --host, as in 127.0.0.1"
    return f"cannot listen on {host} port {port}: {error.strerror}. Choose another --host or --port"


def is_loopback(listener: socket.socket) -> bool:
    """Whether this machine alone can reach it: by its own address, whatever it was given by.

    A socket in the file system is there for a proxy, so it is not.
    """
    if not _has_address(listener):
        return False
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def is_of_network(listener: socket.socket) -> bool:
    """Whether other machines can reach it themselves, without a proxy of this one."""
    return _has_address(listener) and not is_loopback(listener)


def url(listener: socket.socket) -> str:
    """Where a browser finds it; of a socket in the file system, its path."""
    if not _has_address(listener):
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def names_of(
    listeners: Sequence[socket.socket], host: str, allowed_hosts: Sequence[str]
) -> frozenset[str] | None:
    """The host names to answer to, None for any: on loopback addresses their own, and `host`."""
    if not all(map(is_loopback, listeners)):
        return frozenset(allowed_hosts) or None
    addresses = {listener.getsockname()[0] for listener in listeners}
    return frozenset({"localhost", "127.0.0.1", "::1", *addresses, host, *allowed_hosts})


def _has_address(listener: socket.socket) -> bool:
    """Whether it is a socket of a network, and none in the file system."""
    return listener.family in (socket.AF_INET, socket.AF_INET6)
