"""What the kernel holds for a program that has not read it yet."""

import os

LISTENING = "0A"


def unread(process):
    """Bytes that wait in the TCP connections of a process, by its number. 0 for one that is gone."""
    try:
        links = [os.readlink(f"/proc/{process}/fd/{name}") for name in os.listdir(f"/proc/{process}/fd")]
        sockets = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
        return sum(_unread(f"/proc/{process}/net/{table}", sockets) for table in ("tcp", "tcp6"))
    except OSError:
        # It closes a file, or ends, while we look.
        return 0


def _unread(table, sockets):
    waiting = 0
    with open(table, encoding="ascii") as rows:
        for row in rows.readlines()[1:]:
            _, _, _, state, queues, _, _, _, _, number, *_ = row.split()
            if number in sockets and state != LISTENING:
                received = int(queues.partition(":")[2], 16)
                # The end of a connection counts as one.
                waiting += max(0, received - 1)
    return waiting
