"""What is new on a page that scrolls."""


class Scroll:
    """Remembers a page of lines, top to bottom, and says what was added at its end since it was last seen."""

    def __init__(self):
        self.known = []

    def new(self, lines):
        """The lines that were not there before. Blank ones at the end of the page are not counted."""
        end = max((number for number, line in enumerate(lines, 1) if line[0]), default=0)
        lines = lines[:end]
        gone = next(
            shift
            for shift in range(len(self.known) + 1)
            if self.known[shift:] == lines[: len(self.known) - shift]
        )
        added = lines[len(self.known) - gone :]
        self.known = lines
        return added
