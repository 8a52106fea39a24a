"""Where the service listens: one socket, taken before anything is opened, or a plain word why not."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

_ANY_FREE = "stop what listens there, or choose another with --port"
_OWN = "leave --host out to listen on 127.0.0.1, or name an address of this machine"


class CannotListen(Exception):
    """The address cannot be listened on; says why, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket on this address; port 0 takes any free one. Raises CannotListen."""
    family, address = _resolved(host, port)
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        raise CannotListen(_why(error, host, port)) from error
    return taken


def address_of(taken: socket.socket) -> tuple[str, int]:
    """The address and port a socket is bound to."""
    host, port = taken.getsockname()[:2]
    return host, port


def beyond_loopback(taken: socket.socket) -> bool:
    """Whether other machines can reach it."""
    return not ipaddress.ip_address(address_of(taken)[0]).is_loopback


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"{host!r} names no address: {_OWN}") from error
    return family, address


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is taken, perhaps by Fairlead itself: {_ANY_FREE}"
        case errno.EACCES:
            return f"port {port} needs rights that this user does not have: choose one from 1024 up with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine: {_OWN}"
        case _:
            return f"{host} port {port} cannot be listened on ({error.strerror}): choose others with --host and --port"
