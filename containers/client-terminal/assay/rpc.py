"""The driver's side of drivers/PROTOCOL.md: JSON-RPC 2.0, one message a line, over standard input and output."""

import asyncio
import json
import os
import signal
import sys
import traceback

NOT_JSON = -32700
NO_REQUEST = -32600
NO_SUCH_VERB = -32601
WRONG_PARAMETERS = -32602
FAILED = -32000

# Exit code of a driver that made a mistake of its own.
MISTAKEN = 70

LONGEST_LINE = 32 * 1024 * 1024


class VerbError(Exception):
    """Thrown by a verb: becomes the error of its answer."""

    def __init__(self, message, code=FAILED, condition=None):
        super().__init__(message)
        self.code = code
        self.condition = condition


def write(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def tell(event, **params):
    """Tells an event to the harness; parameters that are None are left out."""
    write({"method": event, "params": {name: value for name, value in params.items() if value is not None}})


def log(text):
    """A line in the driver's log."""
    print(text, file=sys.stderr, flush=True)


class Driver:
    """
    A driver of one program. A subclass names `verbs` (each a coroutine function of its parameters) and `events`, and has
    `start`, after which the program waits to be used, and `end`, after which it is gone.
    """

    name = ""
    version = None
    verbs = {}
    events = []

    def __init__(self):
        self.ended = asyncio.get_running_loop().create_future()
        self._work = set()

    async def start(self):
        raise NotImplementedError

    def end(self):
        raise NotImplementedError

    async def alive(self, _params):
        """Answers when the program has come round: what reached it before, and what it made of that, has been told."""
        raise NotImplementedError

    def leave(self, code):
        """Ends the driver: the program is gone, or nobody wants it any more."""
        if not self.ended.done():
            self.ended.set_result(code)

    def background(self, work):
        """Goes on with a coroutine beside the others. A mistake in it must show as one, not as a silent program."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)

    async def serve(self):
        """Serves until the program is gone, standard input ends, or SIGTERM comes; returns the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.leave, 0)
        await self.start()
        reader = asyncio.StreamReader(limit=LONGEST_LINE)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        self.background(self._requests(reader))
        await self.ended
        self.end()
        return self.ended.result()

    def _done(self, task):
        self._work.discard(task)
        if not task.cancelled() and task.exception():
            traceback.print_exception(task.exception())
            self.leave(MISTAKEN)

    async def _requests(self, reader):
        while line := await reader.readline():
            if line.strip():
                self.background(self._answer(line))
        self.leave(0)

    async def _answer(self, line):
        try:
            request = json.loads(line)
        except ValueError:
            return write({"id": None, "error": {"code": NOT_JSON, "message": "not JSON"}})
        method = request.get("method") if isinstance(request, dict) else None
        if not isinstance(method, str):
            return write({"id": None, "error": {"code": NO_REQUEST, "message": "not a request"}})
        number, params = request.get("id"), request.get("params") or {}
        if method == "initialize":
            described = {"name": self.name, "verbs": list(self.verbs), "events": self.events}
            if self.version:
                described["version"] = self.version
            return write({"id": number, "result": described})
        if method == "shutdown":
            write({"id": number, "result": None})
            return self.leave(0)
        verb = self.alive if method == "alive" else self.verbs.get(method)
        if verb is None:
            return write({"id": number, "error": {"code": NO_SUCH_VERB, "message": f"there is no verb {method}"}})
        try:
            write({"id": number, "result": await verb(params)})
        except VerbError as error:
            data = {"condition": error.condition} if error.condition else None
            write({"id": number, "error": {"code": error.code, "message": str(error), "data": data}})
        except KeyError as error:
            write({"id": number, "error": {"code": WRONG_PARAMETERS, "message": f"it wants {error}"}})


def run(driver_class):
    """Runs a driver and ends the process as its program ended: with its exit code, or by its signal."""

    async def main():
        return await driver_class().serve()

    code = asyncio.run(main())
    sys.stderr.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        # The first process of a container cannot end itself by a signal.
        code = 128 - code
    os._exit(code)
