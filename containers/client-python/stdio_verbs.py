"""Serves a driver's verbs over standard input and output (drivers/PROTOCOL.md), within the event loop that its library
works in: asyncio or GLib. The loop that answers `alive` is then the one that would hang."""

import json
import os
import sys

METHOD_NOT_FOUND, INVALID_PARAMS, FAILED = -32601, -32602, -32000


class VerbError(Exception):
    """Raised by a verb, or given to `Later.fail`: becomes the error of its answer."""

    def __init__(self, message, condition=None, code=FAILED):
        super().__init__(message)
        self.code = code
        self.condition = condition


class Params(dict):
    """Parameters of a request: one that is missing is the caller's mistake."""

    def __missing__(self, name):
        raise VerbError(f'it needs the parameter "{name}"', code=INVALID_PARAMS)


class Later:
    """What a verb returns that cannot answer at once, where there are no coroutines."""

    def __init__(self):
        self._listener = None
        self._outcome = None

    def done(self, result=None):
        self._settle((result, None))

    def fail(self, error):
        self._settle((None, error))

    def settled(self, listener):
        """Calls `listener(result, error)` once, when either is there."""
        self._listener = listener
        if self._outcome:
            listener(*self._outcome)

    def _settle(self, outcome):
        if self._outcome:
            return
        self._outcome = outcome
        if self._listener:
            self._listener(*outcome)


class Driver:
    """Verbs by their names: each takes the parameters and returns a result, a coroutine (asyncio) or a `Later`."""

    def __init__(self, name, version, verbs, events):
        self._verbs = {
            'initialize': lambda _: {'name': name, 'version': version, 'verbs': list(verbs), 'events': events},
            'alive': lambda _: None,
            **verbs,
        }
        self._rest = b''
        self._schedule = None
        # What a library prints goes to the log, not between the messages.
        self._output = os.dup(1)
        os.dup2(2, 1)

    def tell(self, event, **params):
        """Tells an event; parameters that are None are left out."""
        given = {name.rstrip('_'): value for name, value in params.items() if value is not None}
        self._write({'method': event, 'params': given})

    def serve_asyncio(self):
        """Serves until standard input ends. `asyncio.run` of this is a driver's whole main program."""
        import asyncio

        async def serve():
            loop = asyncio.get_running_loop()
            tasks = set()

            def schedule(coroutine):
                later = Later()
                task = loop.create_task(coroutine)
                # The loop itself holds tasks weakly.
                tasks.add(task)

                def finished(task):
                    tasks.discard(task)
                    if task.cancelled():
                        later.fail(VerbError('cancelled'))
                    elif task.exception():
                        later.fail(task.exception())
                    else:
                        later.done(task.result())

                task.add_done_callback(finished)
                return later

            self._schedule = schedule
            loop.add_reader(0, self._read)
            await loop.create_future()

        return serve()

    def serve_glib(self):
        """Serves in GLib's default main loop until standard input ends."""
        from gi.repository import GLib

        def readable(*_):
            self._read()
            return True

        GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, 0, GLib.IOCondition.IN | GLib.IOCondition.HUP, readable)
        GLib.MainLoop().run()

    def _read(self):
        piece = os.read(0, 65536)
        if not piece:
            # Whatever the library has still open ends with the process.
            os._exit(0)
        *lines, self._rest = (self._rest + piece).split(b'\n')
        for line in lines:
            if line.strip():
                self._line(line)

    def _line(self, line):
        try:
            request = json.loads(line)
        except ValueError:
            return self._write({'id': None, 'error': {'code': -32700, 'message': 'not JSON'}})
        ident = request.get('id') if isinstance(request, dict) else None
        method = request.get('method') if isinstance(request, dict) else None
        if not isinstance(method, str):
            return self._write({'id': ident, 'error': {'code': -32600, 'message': 'not a request'}})
        if method == 'shutdown':
            self._write({'id': ident, 'result': None})
            os._exit(0)
        verb = self._verbs.get(method)
        if not verb:
            error = {'code': METHOD_NOT_FOUND, 'message': f'there is no verb "{method}"'}
            return self._write({'id': ident, 'error': error})

        def answer(result, error=None):
            if error is None:
                return self._write({'id': ident, 'result': result})
            if not isinstance(error, VerbError):
                error = VerbError(describe(error))
            told = {'code': error.code, 'message': str(error)}
            if error.condition:
                told['data'] = {'condition': error.condition}
            self._write({'id': ident, 'error': told})

        try:
            result = verb(Params(request.get('params') or {}))
        except Exception as error:
            return answer(None, error)
        if hasattr(result, 'send'):
            result = self._schedule(result)
        if isinstance(result, Later):
            result.settled(answer)
        else:
            answer(result)

    def _write(self, message):
        rest = memoryview(json.dumps({'jsonrpc': '2.0', **message}).encode() + b'\n')
        while rest:
            rest = rest[os.write(self._output, rest) :]


def text_of(value):
    """Text, a JID of the library's own, or None for what is absent or empty."""
    return None if value is None else str(value) or None


def describe(error):
    """An exception in one line, as the user of a library would read it at the end of its stack trace."""
    text = str(error)
    return f'{type(error).__name__}: {text}' if text else type(error).__name__


def log_to_stderr():
    """Warnings and errors that the library logs are the driver's log."""
    import logging

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format='%(levelname)s %(name)s: %(message)s')
