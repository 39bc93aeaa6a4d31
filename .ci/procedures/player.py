"""Plays transcripts on a terminal."""

import time
from dataclasses import dataclass

import transcript

COMMAND_SECONDS = 120
# A command is repeated for so long; the pause keeps it from taking a whole core.
REPEAT_SECONDS, PAUSE_SECONDS = 30, 0.2


@dataclass
class Outcome:
    """What became of a step."""

    step: transcript.Step
    # Why it failed, or nothing.
    reason: str
    # Of all attempts with the pauses between them, and of the last one alone.
    seconds: float
    last_seconds: float


def play(text, terminal):
    """The outcome of every step of a transcript, one after the other; none depends on success."""
    known = {}
    for step in transcript.read(text):
        start = last = time.monotonic()
        try:
            command = transcript.filled(step.command, known)
        except KeyError as name:
            yield Outcome(step, f"nothing printed so far says what <{name.args[0]}> is", 0, 0)
            continue
        while True:
            last = time.monotonic()
            status, printed = terminal.run(command, COMMAND_SECONDS)
            end = time.monotonic()
            reason = f"it ended with {status} and printed\n{printed.rstrip()}"
            if status == step.status:
                more = transcript.learnt(step.expected, printed, known)
                if more is not None:
                    known, reason = more, ""
            if not reason or not step.repeated or end > start + REPEAT_SECONDS:
                break
            time.sleep(PAUSE_SECONDS)
        yield Outcome(step, reason, end - start, end - last)
