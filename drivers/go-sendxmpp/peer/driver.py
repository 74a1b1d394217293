"""go-sendxmpp listening, as its manual shows, and what it prints."""

import asyncio
import os
import re
import shutil
import signal
import tempfile

from assay.process import at_rest, unread
from assay.rpc import Driver, log, run, tell

# What it prints, one after the other: messages (when, from whom, what, over one line or several), what it has to say
# itself, and, for debugging, what passes on the wire.
PRINTED = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?P<sender>\S+): |\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?P<said>)|(?P<wire>SEND|RECV): )",
    re.MULTILINE,
)
BOUND = re.compile(r"<(jid|authorization-identifier)>([^<]+)</\1>")

# A Go program ends itself with 1 where it gives up, and with 2 where it panics.
GAVE_UP = (0, 1)
PIECE = 65536


class GoSendxmpp(Driver):
    name = "go-sendxmpp"
    events = ["online", "error", "offline", "message"]

    def __init__(self):
        super().__init__()
        self.verbs = {"login": self.login, "logout": self.logout}
        self.version = os.environ.get("ASSAY_VARIANT")
        self.process = None
        self.unended = b""
        self.jid = None
        self.online = False

    async def start(self):
        self.home = tempfile.mkdtemp(prefix="go-sendxmpp-")
        self.output, self.printed = os.pipe()
        os.set_blocking(self.output, False)
        asyncio.get_running_loop().add_reader(self.output, self.read)

    def end(self):
        if self.process and self.process.returncode is None:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    async def login(self, params):
        configuration = f"{self.home}/config"
        with open(configuration, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"username: {params['jid']}\n")
            if "password" in params:
                file.write(f"password: {params['password']}\n")
        # It asks the system, not HOME, where its user is at home; what it remembers of a server it keeps where told.
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "XDG_DATA_HOME": f"{self.home}/data"}
        # crypto/x509 reads its authorities from there.
        environment["SSL_CERT_FILE"] = os.environ.get("ASSAY_CA_FILE", "")
        arguments = ["--file", configuration, "--listen", "--debug", "--suppress-root-warning"]
        if "host" in params:
            arguments += ["--jserver", f"{params['host']}:{params['port']}"]
        if params.get("transport") == "direct-tls":
            arguments.append("--tls")
        if "password" not in params:
            arguments += ["--anonymous", "--username", params["jid"]]
        # Where it dies of a panic, its standard error says so: that goes to the log.
        if self.process:
            await self.process.wait()
        self.online = False
        self.process = await asyncio.create_subprocess_exec(
            "go-sendxmpp", *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=self.printed, env=environment
        )
        self.background(self.follow(self.process))

    async def logout(self, _params):
        """Ctrl-C."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)

    async def alive(self, _params):
        """
        It takes no command while it listens, and shows that it works by reading what comes: `alive` waits until nothing
        is left unread and none of its threads runs.
        """
        while self.process and self.process.returncode is None and not self.rests(self.process.pid):
            await asyncio.sleep(0.01)
        self.read()

    def rests(self, process):
        return not unread(process) and at_rest(process)

    async def follow(self, process):
        code = await process.wait()
        self.read()
        self.show(self.unended)
        log(f"go-sendxmpp is gone: {code}")
        if code in GAVE_UP:
            return tell("offline")
        self.leave(code)

    def read(self):
        """Reads all that it has printed so far."""
        try:
            while piece := os.read(self.output, PIECE):
                whole, end, self.unended = (self.unended + piece).rpartition(b"\n")
                self.show(whole + end)
        except BlockingIOError:
            return
        except OSError as error:
            log(f"its output: {error}")
        asyncio.get_running_loop().remove_reader(self.output)

    def show(self, output):
        text = output.decode("utf-8", "replace")
        begins = list(PRINTED.finditer(text))
        ends = [begin.start() for begin in begins[1:]] + [len(text)]
        for begin, end in zip(begins, ends):
            rest = text[begin.end() : end].removesuffix("\n")
            if begin["sender"]:
                tell("message", **{"from": begin["sender"]}, body=rest)
            elif begin["wire"]:
                self.passed(begin["wire"], rest)
            else:
                tell("error", message=rest)

    def passed(self, direction, xml):
        """It says nowhere else that it is online: but then it sends its first presence."""
        if direction == "RECV":
            self.jid = bound[2] if (bound := BOUND.search(xml)) else self.jid
        elif xml.startswith("<presence") and not self.online:
            self.online = True
            tell("online", jid=self.jid)


run(GoSendxmpp)
