"""A program in a terminal of its own, read as the one who sits before it reads it."""

import asyncio
import errno
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios

import pyte

# pyte understands what the Linux console does.
KIND = "linux"
PIECE = 65536


class Terminal:
    """
    Runs a program in a pseudo-terminal. `on_change` is called when the screen has changed, `on_exit` with its return code
    as subprocess tells it (negative: a signal) when the program is gone and all it wrote has been read.
    """

    def __init__(self, command, environment, rows, columns, on_change, on_exit, folder=None):
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._on_change = on_change
        self._on_exit = on_exit
        self._changed = asyncio.Event()
        self._texts = {}
        self._unwritten = b""
        self.last_output = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": KIND, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            cwd=folder,
            preexec_fn=_own_terminal,
            close_fds=True,
        )
        os.close(slave)
        os.set_blocking(self._master, False)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._master, self._read)
        # pidfd: readable when the process has ended.
        self._pidfd = os.pidfd_open(self.process.pid)
        loop.add_reader(self._pidfd, self._gone)

    def type(self, text):
        """Types keys."""
        self._unwritten += text.encode()
        self._write()

    def paste(self, text):
        """Pastes text: the terminal marks where it begins and ends (bracketed paste)."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def line(self, row):
        """The text of a row, counted from the top, or from the bottom where negative; without blanks at its end."""
        return self.text(row, 0, self.screen.columns)

    def text(self, row, first, last):
        """The text of a row from one column to before another, without blanks at its end."""
        known = self._texts.setdefault(row % self.screen.lines, {})
        if (first, last) not in known:
            cells = self.screen.buffer[row % self.screen.lines]
            known[first, last] = "".join(cells[column].data for column in range(first, last)).rstrip()
        return known[first, last]

    def colour(self, row, column):
        return self.screen.buffer[row % self.screen.lines][column].fg

    async def until(self, condition):
        """Waits until the screen shows what `condition` looks for, and returns what that found."""
        while not (found := condition()):
            self._changed.clear()
            await self._changed.wait()
        return found

    def end(self):
        """Ends the program and whatever it started, without another word about it."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        loop.remove_reader(self._master)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _write(self):
        loop = asyncio.get_running_loop()
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._master, self._unwritten) :]
        except BlockingIOError:
            # It does not read its keyboard.
            loop.add_writer(self._master, self._write)
            return
        except OSError:
            self._unwritten = b""
        loop.remove_writer(self._master)

    def _read(self):
        output = self._drain()
        if output:
            self._stream.feed(output)
            # Making a text of every cell after every key would keep a processor busy.
            for row in self.screen.dirty:
                self._texts.pop(row, None)
            self.screen.dirty.clear()
            self.last_output = (self.last_output + output)[-4096:]
            self._on_change()
            self._changed.set()

    def _drain(self):
        """What it wrote, up to a piece; a program that floods leaves room for the rest of the driver."""
        output = b""
        try:
            while len(output) < PIECE and (piece := os.read(self._master, PIECE)):
                output += piece
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            asyncio.get_running_loop().remove_reader(self._master)
        return output

    def _gone(self):
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        self._read()
        self._on_exit(self.process.wait())


def _own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
