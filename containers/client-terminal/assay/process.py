"""What the kernel tells of a program: what it has not read yet, and whether it is at something."""

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


def at_rest(process):
    """Whether no thread of a process is running: all of them wait for something. True for one that is gone."""
    try:
        threads = os.listdir(f"/proc/{process}/task")
        return not any(_runs(f"/proc/{process}/task/{thread}/stat") for thread in threads)
    except OSError:
        return True


def _runs(stat):
    with open(stat, encoding="utf-8") as file:
        # The state stands behind the name, in which there may be anything.
        return file.read().rpartition(")")[2].split()[0] == "R"


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


def children(process):
    """The numbers of the processes that a process has started and that have not ended. None for one that is gone."""
    try:
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
            return [int(number) for number in file.read().split()]
    except OSError:
        return []
