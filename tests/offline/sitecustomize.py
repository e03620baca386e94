"""Put on PYTHONPATH by the tests, so that every Python started there, kernels too, reaches this machine only."""

import errno
import ipaddress
import os
import socket
import sys


def is_this_machine(host):
    """Whether the name or address cannot be another machine's; an unspecified address is a server's own."""
    if host in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


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
    if name is not None and not is_this_machine(str(name)):
        if "MLPIPE_REFUSED" in os.environ:  # the caller may swallow the error; the tests read this
            with open(os.environ["MLPIPE_REFUSED"], "a") as file:
                file.write(f"{name}\n")
        raise OSError(errno.ENETUNREACH, f"the tests run offline; refused: {name}")


sys.addaudithook(refuse_network)
os.environ["MLPIPE_OFFLINE_GUARD"] = "active"
