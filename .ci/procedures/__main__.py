"""Runs the commands of Heroku's procedures with the official clients against the simulated clouds.

    python3 .ci/procedures SERVER [TRANSCRIPT...]

SERVER is the program of heroku-data-link-mock, built with the feature `server`. The transcripts are
those beside this file, or those named, `peering` for example; every one begins with a world of its
own. How they are written is in transcript.py.

Where the clients can be neither found nor installed, nothing is run, which is an error if
HEROKU_DATA_LINK_REQUIRE_CLIENTS is 1.
"""

import concurrent.futures
import doctest
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import clients
import player
import transcript
from server import Server

TRANSCRIPTS = Path(__file__).resolve().parent / "transcripts"
# Ten simulated minutes in a second: no wait of the documents takes more than three.
SPEED = 600


def run(path, binary, installed, home):
    """How many steps of a transcript passed and failed, and the lines that say so."""
    passed, failed, lines = 0, 0, [f"\n== {path.stem}"]
    with Server(binary, SPEED) as server:
        terminal = clients.Terminal(installed, home, server)
        for outcome in player.play(path.read_text(), terminal):
            step = outcome.step
            typed = step.command.replace("\n", "\n      ")
            if outcome.reason:
                failed += 1
                text = "\n".join([f"expected status {step.status} and", *step.expected,
                                  f"but {outcome.reason}"])
                lines.append(f"FAIL  {path.name}:{step.line} {typed}")
                lines += [f"      | {line}" for line in text.splitlines()]
            else:
                passed += 1
                lines.append(f"ok    {typed}  ({outcome.seconds:.1f} s)")
        lines += [f"      the server said: {line}" for line in server.said()]
    return passed, failed, lines


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    binary, *names = sys.argv[1:]
    # Or a comparison that finds everything equal would pass.
    if doctest.testmod(transcript).failed:
        sys.exit("transcripts are not compared as they should be")
    try:
        installed = clients.installed()
    except clients.Unavailable as error:
        print(f"THE OFFICIAL CLIENTS ARE NOT HERE, NO PROCEDURE WAS RUN: {error}", file=sys.stderr)
        sys.exit(os.environ.get("HEROKU_DATA_LINK_REQUIRE_CLIENTS") == "1")
    paths = [TRANSCRIPTS / f"{name}.txt" for name in names] or sorted(TRANSCRIPTS.glob("*.txt"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as homes:
        # Most of the time is that of starting the clients.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = [pool.submit(run, path, binary, installed, Path(homes) / path.stem)
                    for path in paths]
            for done in runs:
                good, bad, lines = done.result()
                passed, failed = passed + good, failed + bad
                print("\n".join(lines), flush=True)
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
