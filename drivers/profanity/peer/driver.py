"""profanity in a terminal, worked as its manual shows and read as its user reads it."""

import asyncio
import contextlib
import glob
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile

from assay.process import unread
from assay.rpc import Driver, VerbError, log, run, tell
from assay.scroll import Scroll
from assay.terminal import Terminal

ROWS, COLUMNS = 60, 240
# Once online, the contact list takes the right quarter.
PANEL = COLUMNS * 3 // 4
PANEL_HEADING = re.compile(r" Available for chat\b")
# Contacts stand under the headings of their states, with how many messages wait; their resources further in.
PANEL_CONTACT = re.compile(r"   (\S.*?)(?: \(\d+\))?$")

# Seconds for which `alive` lets it read what has reached it.
PATIENCE = 1

CONSOLE_LINE = re.compile(r"\d\d:\d\d:\d\d (.*)")
LOGGED_IN = re.compile(r"- (\S+) logged in successfully, ")

# What it says of subscriptions, and the type of the presence that it speaks of.
SUBSCRIPTIONS = {
    re.compile(r"- Received authorization request from (\S+)$"): "subscribe",
    re.compile(r"- Subscription received from (\S+)$"): "subscribed",
    re.compile(r"- (\S+) deleted subscription$"): "unsubscribed",
}

# Commands that ask somebody, how their answers begin, and how it says that there is none.
QUERIES = {
    "http://jabber.org/protocol/disco#info": (
        '/disco info "{to}"',
        re.compile(r"- Service discovery info "),
        re.compile(r"- (Service discovery failed.*: (.*))"),
    ),
    "jabber:iq:version": (
        '/software "{to}"',
        re.compile(r"- (Name|Version|OS) +: "),
        re.compile(r"- (Could not get software version.*: (.*))"),
    ),
}

BLOCKED = re.compile(r"- User \S+ successfully blocked\.")
NOT_BLOCKED = re.compile(r"- (Blocking .* not supported .*|User .* already blocked\.|Error .*: (.*))")
JOINED = re.compile(r"You have joined the room as (\S+)")
NOT_JOINED = re.compile(r"- Error joining room ")


class Profanity(Driver):
    name = "profanity"
    events = ["online", "error", "disconnected", "offline", "message", "presence", "roster"]

    def __init__(self):
        super().__init__()
        self.verbs = {
            "login": self.login,
            "logout": self.logout,
            "message": self.message,
            "query": self.query,
            "roster": self.roster,
            "carbons": self.carbons,
            "blocklist": self.blocklist,
            "block": self.block,
            "join": self.join,
        }
        self.version = os.environ.get("ASSAY_VARIANT", "")
        if not self.version.startswith("0.13."):
            self.verbs["reconnect"] = self.reconnect
        self.keyboard = asyncio.Lock()
        # While its windows change, the screen shows a bit of this and a bit of that.
        self.turning = False
        self.console = Scroll()
        self.heard = []
        self.contacts = []
        self.seen_chats = None
        self.last_message = 0
        self.sent = []
        self.jid = None

    async def start(self):
        self.home = tempfile.mkdtemp(prefix="profanity-")
        self.data = f"{self.home}/.local/share/profanity"
        self.configure(os.environ.get("ASSAY_CA_FILE"))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        self.terminal = Terminal(
            ["profanity"], {**environment, "HOME": self.home}, ROWS, COLUMNS, self.look, self.gone, self.home
        )
        await self.terminal.until(lambda: "Type '/help'" in self.shown())

    def configure(self, authority):
        """What `/tls certpath set` writes: where authorities are, by their hashes."""
        certificates, settings = f"{self.home}/certificates", f"{self.home}/.config/profanity"
        os.makedirs(certificates)
        os.makedirs(settings)
        if authority:
            shutil.copy(authority, f"{certificates}/authority.pem")
            subprocess.run(["openssl", "rehash", certificates], check=True)
        with open(f"{settings}/profrc", "w", encoding="utf-8") as file:
            file.write(f"[connection]\ntls.certpath={certificates}\n")

    def end(self):
        self.terminal.end()
        shutil.rmtree(self.home, ignore_errors=True)

    def gone(self, code):
        self.look()
        log(self.shown())
        log(f"profanity is gone: {code}")
        self.leave(code)

    # What its user sees

    def shown(self):
        return "\n".join(line for row in range(ROWS) if (line := self.terminal.line(row)))

    def look(self):
        """Tells what is new on the screen, and in the windows that are not in front."""
        if not self.turning:
            self.look_at_console()
            self.look_at_contacts()
        self.look_at_chats()

    def panel_is_there(self):
        return bool(PANEL_HEADING.match(self.terminal.text(1, PANEL, COLUMNS)))

    def look_at_console(self):
        """The console stands below the title; the status line and the input are the last two."""
        if not self.terminal.line(0).lstrip().startswith("Profanity."):
            return
        begin = len("00:00:00 - ")
        rows = [(self.terminal.text(row, 0, PANEL), self.terminal.colour(row, begin)) for row in range(1, ROWS - 2)]
        for text, colour in self.console.new(rows):
            line = CONSOLE_LINE.match(text)
            self.hear(line[1] if line else text, colour)

    def hear(self, line, colour):
        self.heard.append(line)
        for said, kind in SUBSCRIPTIONS.items():
            if about := said.match(line):
                tell("presence", **{"from": about[1]}, type=kind)
        logged_in = LOGGED_IN.match(line)
        if logged_in:
            self.jid = logged_in[1]
            tell("online", jid=self.jid)
        elif line == "- Lost connection.":
            tell("disconnected", reason="Lost connection.")
        elif line.endswith(" logged out successfully."):
            tell("offline")
        # Errors are red; so is, indented or with a sign before it, what is said of contacts who are offline.
        elif colour == "red" and re.match(r"- \S", line):
            tell("error", message=line[2:])

    def look_at_contacts(self):
        if not self.panel_is_there():
            return
        rows = [self.terminal.text(row, PANEL, COLUMNS) for row in range(1, ROWS - 2)]
        contacts = sorted(contact[1] for row in rows if (contact := PANEL_CONTACT.match(row)))
        if contacts != self.contacts:
            self.contacts = contacts
            tell("roster", items=contacts)

    def look_at_chats(self):
        """
        Windows that are not in front cannot be read, but profanity keeps what it shows in them: in a data base, which is
        complete by the time the screen is drawn. It is read without a lock, for profanity waits for none.
        """
        for path in glob.glob(f"{self.data}/database/*/chatlog.db"):
            state = os.stat(path).st_mtime_ns
            if state == self.seen_chats or os.path.exists(f"{path}-journal"):
                continue
            try:
                with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as chats:
                    rows = chats.execute(
                        "SELECT id, from_jid, from_resource, to_jid, message FROM ChatLogs WHERE id > ? ORDER BY id",
                        [self.last_message],
                    ).fetchall()
            except sqlite3.Error as error:
                # Not made yet, or just being written; the next look sees more.
                log(f"the data base of chats: {error}")
                continue
            self.seen_chats = state
            for number, sender, resource, recipient, body in rows:
                self.last_message = number
                self.tell_message(sender, resource, recipient, body)

    def tell_message(self, sender, resource, recipient, body):
        if self.jid and sender == self.jid.partition("/")[0] and body in self.sent:
            return self.sent.remove(body)
        tell("message", **{"from": f"{sender}/{resource}" if resource else sender}, to=recipient, body=body)

    # What its user does

    async def command(self, text, *keys):
        """Enters a command, types keys after it, and comes back when the screen shows what came of it."""
        self.turning = True
        self.terminal.paste(text)
        self.terminal.type("\r" + "".join(keys))
        await self.round()

    async def round(self):
        """
        A key that shows in the input line and one that takes it away again: profanity reads a key, then the network, then
        draws, in one thread. A slash is no text of a message, so nobody is told that somebody is typing.
        """
        for key, shown in (("/", "/"), ("\x15", "")):
            self.terminal.type(key)
            await self.terminal.until(lambda shown=shown: self.terminal.line(-1).strip() == shown)
        self.turning = False
        self.look()

    async def alive(self, _params):
        async with self.keyboard:
            await self.round()
            # It reads at most four kilobytes in a round, and rests longer and longer while no key comes.
            loop = asyncio.get_running_loop()
            until, waiting = loop.time() + PATIENCE, unread(self.terminal.process.pid)
            while waiting and loop.time() < until:
                await self.round()
                waiting = unread(self.terminal.process.pid)

    async def login(self, params):
        self.background(self.connect(params))

    async def connect(self, params):
        command = f"/connect {params['jid']}"
        if "host" in params:
            tls = "legacy" if params.get("transport") == "direct-tls" else "force"
            command += f" server {params['host']} port {params['port']} tls {tls}"
        async with self.keyboard:
            self.terminal.paste(command)
            self.terminal.type("\r")
            await self.terminal.until(lambda: "Enter password:" in self.terminal.line(-2))
            self.terminal.type(f"{params.get('password', '')}\r")
            await self.terminal.until(lambda: "Enter password:" not in self.terminal.line(-2))

    async def logout(self, _params):
        async with self.keyboard:
            await self.command("/disconnect")

    async def message(self, params):
        async with self.keyboard:
            self.sent.append(params["body"])
            # The chat comes to the front; its user goes back to the console (Alt and 1).
            await self.command(f"/msg {params['to']} {params['body']}", "\x1b1")

    async def query(self, params):
        if params["xmlns"] not in QUERIES:
            raise VerbError(f"it has no command for {params['xmlns']}")
        command, answer, failure = QUERIES[params["xmlns"]]
        return {"shown": await self.asked(command.format(**params), answer, failure)}

    async def asked(self, command, answer, failure):
        """Enters a command that asks somebody, and returns what is shown when the answer has come."""
        async with self.keyboard:
            since = len(self.heard)
            await self.command(command)
        await self.terminal.until(lambda: any(answer.match(line) or failure.match(line) for line in self.heard[since:]))
        await self.alive({})
        for line in self.heard[since:]:
            if failed := failure.match(line):
                raise VerbError(failed[1], condition=failed[2])
        return [line.removeprefix("-").strip() for line in self.heard[since:]]

    async def roster(self, _params):
        async with self.keyboard:
            since = len(self.heard)
            await self.command("/roster")
        return {"items": [item[1] for line in self.heard[since:] if (item := re.match(r"-\s+(\S+@\S+) ", line))]}

    async def carbons(self, _params):
        async with self.keyboard:
            await self.command("/carbons on")

    async def blocklist(self, _params):
        async with self.keyboard:
            since = len(self.heard)
            await self.command("/blocked")
        return {"items": [item[1] for line in self.heard[since:] if (item := re.match(r"-\s{2,}(\S+)$", line))]}

    async def block(self, params):
        await self.asked(f"/blocked add {params['jid']}", BLOCKED, NOT_BLOCKED)

    async def join(self, params):
        """The room comes to the front when its user is in it, and says so."""
        room = params["room"]
        since = len(self.heard)
        async with self.keyboard:
            await self.command(f'/join {room} nick "{params["nick"]}"')
        shown = await self.terminal.until(lambda: self.joined(room) or self.not_joined(since))
        if isinstance(shown, VerbError):
            raise shown
        async with self.keyboard:
            await self.command("/win 1")
        return {"nick": shown}

    def joined(self, room):
        if self.terminal.line(0).strip().startswith(room):
            return next((said[1] for row in range(ROWS) if (said := JOINED.search(self.terminal.line(row)))), None)

    def not_joined(self, since):
        failed = next((line for line in self.heard[since:] if NOT_JOINED.match(line)), None)
        return failed and VerbError(failed.removeprefix("- "), condition=failed.rpartition("reason: ")[2])

    async def reconnect(self, _params):
        """It would do so by itself, half a minute later."""
        async with self.keyboard:
            await self.command("/reconnect now")


run(Profanity)
