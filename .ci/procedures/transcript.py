"""Transcripts of terminals: what is typed, and what has to be printed.

    # A comment.
    $ heroku config --app demo \\
    > | grep 01C87AE3C05563935
    REDIS_ENDPOINT_01C87AE3C05563935_URL: redis://<user>:<password>@<host>:6379

`$ command` is run once by a shell, with the lines after `>`. `~ command` is run again and again
until it prints what stands there, or too much time has passed.

What it prints, standard error included, has to be the lines that follow, where
- spaces, empty lines, the rules of tables and the bars beside errors do not count;
- `...` stands for any lines, none included, and at the end of a line for the rest of it;
- `<name>` stands for one word: for any the first time, and for the same one from then on, in
  commands too;
- `[status 2]` at the end says with what status the command ends, which otherwise has to be 0.
"""

import re
from dataclasses import dataclass, field

NAME = re.compile(r"<([a-z][a-z0-9_]*)>")
STATUS = re.compile(r"\[status (\d+)\]")
# Those of Heroku's CLI, of old and of today.
RULE = re.compile(r"[─\- ]+")
BAR = "›"


@dataclass
class Step:
    """A command, and what it has to print."""

    line: int
    command: str
    repeated: bool
    expected: list = field(default_factory=list)
    status: int = 0


def read(text):
    """The steps of a transcript."""
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        kind, rest = line[:2], line[2:]
        if kind in ("$ ", "~ "):
            steps.append(Step(number, rest, repeated=kind == "~ "))
        elif not steps:
            raise ValueError(f"line {number}: nothing was typed that could print this")
        elif kind == "> " and not steps[-1].expected:
            steps[-1].command += "\n" + rest
        elif status := STATUS.fullmatch(line):
            steps[-1].status = int(status.group(1))
        else:
            steps[-1].expected.append(line)
    return steps


def filled(command, known):
    """The command with the words that its names stand for; `KeyError` where one is unknown."""
    return NAME.sub(lambda name: known[name.group(1)], command)


def normal(text):
    """The lines that count, with single spaces."""
    lines = (" ".join(line.split()).removeprefix(BAR).lstrip() for line in text.splitlines())
    return [line for line in lines if line and not RULE.fullmatch(line)]


def learnt(expected, printed, known):
    """`known` and the words that the lines printed add to it, or nothing if they do not match.

    >>> learnt(["Name Id", "...", "<one> <id>", "two <id>"], "Name Id\\n---- --\\none 7\\ntwo  7", {})
    {'one': 'one', 'id': '7'}
    >>> learnt(["main <id>", "again <id>"], "main 7\\nagain 8", {})
    >>> learnt(["main <id>"], "main 7", {"id": "8"})
    >>> learnt(["main <id>"], "main 7\\nmore", {})
    >>> learnt(["main <id>", "..."], "main 7\\nmore", {"id": "7"})
    {'id': '7'}
    >>> learnt(["Error: Not ..."], " ›   Error: Not there.", {})
    {}
    """
    named = set()

    def word(name):
        if name in known:
            return re.escape(known[name])
        if name in named:
            return f"(?P={name})"
        named.add(name)
        return rf"(?P<{name}>\S+?)"

    pattern = ""
    for line in normal("\n".join(expected)):
        if line == "...":
            pattern += r"(?:.*\n)*?"
            continue
        # Every other part is the name in the brackets.
        for index, part in enumerate(NAME.split(line.removesuffix("..."))):
            pattern += word(part) if index % 2 else re.escape(part)
        pattern += r".*\n" if line.endswith("...") else r"\n"
    match = re.fullmatch(pattern, "".join(f"{line}\n" for line in normal(printed)))
    return match and {**known, **match.groupdict()}
