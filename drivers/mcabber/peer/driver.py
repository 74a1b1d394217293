"""mcabber in a terminal, worked as its manual shows and read as its user reads it."""

import asyncio
import os
import re
import shutil
import tempfile

from assay.process import children, unread
from assay.rpc import Driver, log, run, tell
from assay.scroll import Scroll
from assay.terminal import Terminal

# The contact list stands at the left, the chosen buffer beside it, the log below both, the input line last.
ROWS, COLUMNS = 70, 200
LIST_WIDTH, LOG_HEIGHT = 60, 30
LOG_ROWS = range(ROWS - 2 - LOG_HEIGHT, ROWS - 2)
LIST_ROWS = range(0, LOG_ROWS.start - 1)

# Seconds for which `alive` lets it read what has reached it.
PATIENCE = 1
# How often it may come round before its own presence, which the server sends back, shows its address.
PATIENT_ROUNDS = 3

LOGGED = re.compile(r"\[\d\d:\d\d:\d\d\] (.*)")
ONLINE = re.compile(r"Your status has been set: \[_>[^_]\]")
# Its own presence is shown among those of others.
PRESENT = re.compile(r"Buddy status has changed: \[.>[^_]\] (?:.* )?<(.+)>")
# What it gets as an answer of type error.
BOUNCED = re.compile(r"Error message received from <(.+)>$")
DISCONNECTED = re.compile(r"Disconnected(?:\.|, reason: (.*))$")
FAULT = re.compile(r".*\b(?:error|failed|certificate)\b", re.IGNORECASE)
SUBSCRIPTIONS = {
    re.compile(r"<(.*)> wants to subscribe to your presence updates$"): "subscribe",
    re.compile(r"<(.*)> is unsubscribing from your presence updates$"): "unsubscribe",
    re.compile(r"<(.*)> has allowed you to receive their presence updates$"): "subscribed",
    re.compile(r"<(.*)> has cancelled your subscription to their presence updates$"): "unsubscribed",
}
# Contacts with a subscription stand in square brackets, others in braces.
CONTACT = re.compile(r"[ #!]{1,2}\[.\] (\S.*)$")
# In a buffer: a message that was sent from here, or from another client of the user's.
SENT = re.compile(r"[\d-]+ [\d:]+ -{1,2}>(?:\s|\S ) *(.*)$")

CONFIGURATION = f"""
set ssl_ca = {{authority}}
set roster_width = {LIST_WIDTH}
set log_win_height = {LOG_HEIGHT}
set events_command = {{home}}/event
set event_log_files = 1
set log_display_presence = 1
set event_log_dir = {{bodies}}
"""
# Told of each message as MSG, IN or OUT, the address, and the file with the body of one that came in.
EVENT_COMMAND = '#!/bin/sh\necho "$@" >"{home}/events"\n'


class Mcabber(Driver):
    name = "mcabber"
    events = ["online", "error", "disconnected", "offline", "message", "presence", "roster"]

    def __init__(self):
        super().__init__()
        self.verbs = {"login": self.login, "logout": self.logout, "message": self.message, "carbons": self.carbons}
        self.version = os.environ.get("ASSAY_VARIANT")
        self.keyboard = asyncio.Lock()
        self.log = Scroll()
        self.contacts = []
        self.jid = None
        # How often it has come round since it said that it is online and before it said as whom.
        self.rounds_online = None
        self.bounced = []
        self.leaving = False
        self.reported = []
        self.senders = {}
        self.typed = 0

    async def start(self):
        self.home = tempfile.mkdtemp(prefix="mcabber-")
        # There, files are numbered in the order in which they are made.
        self.bodies = tempfile.mkdtemp(prefix="mcabber-", dir="/dev/shm")
        os.mkfifo(f"{self.home}/events")
        self.reports = os.open(f"{self.home}/events", os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self.reports, self.report)
        names = {"home": self.home, "bodies": self.bodies, "authority": os.environ.get("ASSAY_CA_FILE", "")}
        self.write("configuration", CONFIGURATION.format(**names), 0o600)
        self.write("event", EVENT_COMMAND.format(**names), 0o700)
        self.terminal = Terminal(
            ["mcabber", "-f", f"{self.home}/configuration"],
            {**os.environ, "HOME": self.home},
            ROWS,
            COLUMNS,
            self.look,
            self.gone,
            self.home,
        )
        # It looks for an account at once, and then waits for one.
        await self.terminal.until(lambda: "Your JID has not been specified!" in self.shown())
        await self.round()

    def write(self, name, content, mode):
        with open(f"{self.home}/{name}", "w", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            file.write(content)

    def end(self):
        self.terminal.end()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.bodies, ignore_errors=True)

    def gone(self, code):
        self.look()
        self.look_at_messages(whole=True)
        log(self.shown())
        log(f"mcabber is gone: {code}")
        self.leave(code)

    # What its user sees

    def shown(self):
        return "\n".join(line for row in range(ROWS) if (line := self.terminal.line(row)))

    def look(self):
        for line, in self.log.new([(self.terminal.line(row),) for row in LOG_ROWS]):
            if logged := LOGGED.match(line):
                self.hear(logged[1])
        rows = [self.terminal.text(row, 0, LIST_WIDTH - 1) for row in LIST_ROWS]
        contacts = sorted(contact[1] for row in rows if (contact := CONTACT.match(row)))
        if contacts != self.contacts:
            self.contacts = contacts
            tell("roster", items=contacts)

    def hear(self, line):
        for said, kind in SUBSCRIPTIONS.items():
            if about := said.match(line):
                tell("presence", **{"from": about[1]}, type=kind)
        if ONLINE.match(line):
            self.rounds_online = 0
        elif present := PRESENT.match(line):
            if present[1].startswith(f"{self.jid}/"):
                self.tell_online(present[1])
        elif bounced := BOUNCED.match(line):
            self.bounced.append(bounced[1])
        elif disconnected := DISCONNECTED.match(line):
            tell("offline" if self.leaving else "disconnected", reason=disconnected[1])
        elif FAULT.match(line):
            tell("error", message=line)

    def tell_online(self, jid=None):
        if self.rounds_online is not None:
            self.rounds_online = None
            tell("online", jid=jid)

    def look_at_messages(self, whole=False):
        """
        It writes the body of a message into a file, then starts the command that tells whose it is. `whole`: all commands
        that it started have come to their end.
        """
        self.read_reports()
        reports, self.reported = self.reported, []
        for report in reports:
            kind, direction, address, *file = report.split(" ")
            if (kind, direction) == ("MSG", "IN") and file:
                self.senders[file[0]] = address
            elif (kind, direction) == ("MSG", "OUT"):
                self.sent_to(address)
        for entry in sorted(os.scandir(self.bodies), key=lambda entry: entry.inode()):
            if entry.path not in self.senders and not whole:
                return
            with open(entry.path, encoding="utf-8", errors="replace") as file:
                body = file.read().removesuffix("\n")
            os.unlink(entry.path)
            sender = self.senders.pop(entry.path, None)
            bounced = sender in self.bounced
            if bounced:
                self.bounced.remove(sender)
            tell("message", **{"from": sender}, type="error" if bounced else None, body=body)

    def report(self):
        """A message has come; what the screen says of it comes with the next round."""
        self.read_reports()
        self.background(self.alive({}))

    def read_reports(self):
        try:
            self.reported += os.read(self.reports, 1 << 20).decode("utf-8", "replace").splitlines()
        except BlockingIOError:
            pass

    def sent_to(self, address):
        """Something went out: typed here, or a copy of what another client of the user's is said to have sent."""
        if self.typed:
            self.typed -= 1
        else:
            self.background(self.look_at_sent(address))

    async def look_at_sent(self, address):
        """What it shows as sent by its user stands in the buffer of the other."""
        async with self.keyboard:
            await self.command(f"/roster search {address}")
            rows = [self.terminal.text(row, LIST_WIDTH, COLUMNS) for row in LIST_ROWS]
            sent = [message[1] for row in rows if (message := SENT.match(row.strip()))]
            await self.command("/roster top")
        if sent:
            tell("message", **{"from": self.jid}, to=address, body=sent[-1])

    # What its user does

    async def command(self, text):
        self.terminal.type(f"{text}\r")
        await self.round()

    async def round(self):
        """
        A key that shows in the input line and one that takes it away again: one loop serves keys and the network. A slash
        is no text of a message, so nobody is told that somebody is typing.
        """
        for key, shown in (("/", "/"), ("\x15", "")):
            self.terminal.type(key)
            await self.terminal.until(lambda shown=shown: self.terminal.line(-1).strip() == shown)
        self.look()
        self.look_at_messages()

    async def alive(self, _params):
        async with self.keyboard:
            await self.round()
            loop = asyncio.get_running_loop()
            until = loop.time() + PATIENCE
            while loop.time() < until and (unread(self.terminal.process.pid) or children(self.terminal.process.pid)):
                await asyncio.sleep(0.005)
                await self.round()
            if not children(self.terminal.process.pid):
                self.look_at_messages(whole=True)
        if self.rounds_online is not None:
            self.rounds_online += 1
            if self.rounds_online > PATIENT_ROUNDS:
                self.tell_online()

    async def login(self, params):
        self.jid = params["jid"]
        self.background(self.connect(params))

    async def connect(self, params):
        direct = params.get("transport") == "direct-tls"
        settings = {
            "jid": params["jid"],
            "password": f'"{params["password"]}"',
            **({"server": params["host"], "port": params["port"]} if "host" in params else {}),
            "tls": 0 if direct else 1,
            "ssl": 1 if direct else 0,
        }
        async with self.keyboard:
            for name, value in settings.items():
                await self.command(f"/set {name} = {value}")
            await self.command("/connect")

    async def logout(self, _params):
        self.leaving = True
        async with self.keyboard:
            await self.command("/disconnect")

    async def message(self, params):
        self.typed += 1
        async with self.keyboard:
            await self.command(f"/say_to {params['to']} {params['body']}")
            await self.command("/roster top")

    async def carbons(self, _params):
        async with self.keyboard:
            await self.command("/carbons enable")


run(Mcabber)
