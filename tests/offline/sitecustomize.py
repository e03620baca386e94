"""Put on PYTHONPATH by the tests, so that every Python started there, kernels too, reaches this machine only."""

import errno
import os
import sys

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # the last is a server's own address, never another machine


def refuse_network(event, arguments):
    """An audit hook: refuse to look up or reach any other machine."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # anything else is a local socket's name
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name and not str(name).startswith(LOOPBACK):
        raise OSError(errno.ENETUNREACH, f"the tests run offline; refused: {name}")


sys.addaudithook(refuse_network)
os.environ["MLPIPE_OFFLINE_GUARD"] = "active"
