"""The simulated clouds, served for as long as a `with` block takes."""

import json
import queue
import re
import subprocess
import threading
import urllib.request
from pathlib import Path

START_SECONDS = 60
REQUEST_SECONDS = 60
EXPORT = re.compile(r"export (\w+)=(.*)")


class Server:
    """A server of its own, so many times as fast as real clouds, and what it says to set."""

    def __init__(self, binary, speed):
        self.speed = speed
        self.lines = queue.Queue()
        command = [Path(binary).resolve(), "--port", "0", "--speed", str(speed)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace")
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        """Takes whatever is printed, or the server would wait for it at some time."""
        for line in self.process.stdout:
            self.lines.put(line.rstrip())
        self.lines.put(None)

    def __enter__(self):
        self.environment, line = {}, ""
        try:
            # The first line of another kind says where it listens.
            while line.startswith(("export ", "#")) or not line:
                line = self.lines.get(timeout=START_SECONDS)
                if line is None:
                    status = self.process.wait(REQUEST_SECONDS)
                    raise RuntimeError(f"the server ended with {status}")
                if export := EXPORT.match(line):
                    self.environment[export.group(1)] = export.group(2)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.kill()
        self.process.wait(REQUEST_SECONDS)

    def said(self):
        """What it printed since it said where it listens: of a server, nothing."""
        lines = []
        while not self.lines.empty():
            lines.append(self.lines.get())
        return [line for line in lines if line is not None]

    def control(self, method, route, body=None):
        """The answer of a control route, `requests` or `advance` for example."""
        url = f"{self.environment['HEROKU_HOST']}/__world/{route}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, method=method)
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as reply:
            return json.loads(reply.read())

    def requests(self):
        """How many requests each cloud had so far."""
        counts = {"heroku": 0, "aws": 0}
        for row in self.control("GET", "requests"):
            counts[row["cloud"]] += row["count"]
        return counts
