"""The official clients: Heroku's CLI from npm, and the AWS CLI from PyPI."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HEROKU = "heroku@11.10.0"
AWS = "awscli==1.46.3"
PLUGIN = Path(__file__).resolve().parent / "plugin.py"
FOLDER = PLUGIN.parent.parent.parent / "target" / "tmp" / "clients"
# Seven hundred packages take a minute where the network is fast.
INSTALLATION_SECONDS = 480


class Unavailable(Exception):
    """The clients are not installed, and cannot be."""


@dataclass(frozen=True)
class Clients:
    """Where the programs are."""

    heroku: Path
    aws: Path
    node: str


def installed():
    """The clients, which are installed unless they have been.

    Several processes at once wait for the one that installs.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        heroku, aws, node = FOLDER / "heroku", FOLDER / "aws", found("node")
        npm = ["npm", "install", "--prefix", heroku, "--ignore-scripts", "--no-audit", "--no-fund"]
        complete(heroku, HEROKU, [[*npm, HEROKU]])
        pip = [aws / "bin" / "python", "-I", "-m", "pip", "--quiet", "--no-input"]
        venv = [sys.executable, "-I", "-m", "venv", aws]
        complete(aws, f"{AWS} on {sys.version}", [venv, [*pip, "install", AWS]])
    return Clients(heroku / "node_modules" / ".bin" / "heroku", aws / "bin" / "aws", node)


def complete(folder, version, commands):
    """Runs the commands that make a folder, unless a marker in it says that they have been run."""
    marker = folder / "complete"
    if marker.exists() and marker.read_text() == version:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for command in commands:
        program = found(str(command[0]))
        try:
            done = subprocess.run(
                [program, *map(str, command[1:])], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                timeout=INSTALLATION_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(str(error)) from error
        if done.returncode != 0:
            said = " ".join(done.stdout.split())[-400:]
            raise Unavailable(f"{' '.join(map(str, command))} ended with {done.returncode}: {said}")
    # Last, so that half an installation is not taken for one.
    marker.write_text(version)


def found(program):
    path = shutil.which(program)
    if path is None:
        raise Unavailable(f"there is no {program} here")
    return path


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)


# npm does not serve the plugin of the commands data:privatelink.
HEROKU_WITH_PLUGIN = """#!/bin/sh
case "$1" in
    data:privatelink*) exec "{python}" -I "{plugin}" "$@" ;;
    *) exec "{heroku}" "$@" ;;
esac
"""

# As far as the documents use it, for machines without GNU gettext.
ENVSUBST = """#!/bin/sh
exec "{python}" -Ic 'import os, sys; sys.stdout.write(os.path.expandvars(sys.stdin.read()))'
"""

# Runs a command in a shell that knows what its predecessors exported.
SHELL = """
if [ -e "$TERMINAL_STATE" ]; then . "$TERMINAL_STATE"; fi
{command}
status=$?
export -p >"$TERMINAL_STATE"
exit $status
"""


class Terminal:
    """A shell with the official clients, in a home of its own, on the clouds of a server."""

    def __init__(self, clients, home, server):
        home = Path(home)
        programs = home / "bin"
        programs.mkdir(parents=True)
        (programs / "node").symlink_to(clients.node)
        (programs / "aws").symlink_to(clients.aws)
        script(programs / "heroku", HEROKU_WITH_PLUGIN.format(
            python=sys.executable, plugin=PLUGIN, heroku=clients.heroku))
        script(programs / "envsubst", ENVSUBST.format(python=sys.executable))
        # Here the CLI notes that its terms of service have been shown.
        terms = home / ".cache" / "heroku" / "terms-of-service"
        terms.parent.mkdir(parents=True)
        terms.touch()
        self.home = home
        self.environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "TERMINAL_STATE": str(home / ".exported"),
            "NO_COLOR": "1",
            # Wide enough that no message is folded.
            "OCLIF_COLUMNS": "400",
            "DISABLE_TELEMETRY": "true",
            "HEROKU_DISABLE_AUTOUPDATE": "true",
            "HEROKU_SKIP_NEW_VERSION_CHECK": "true",
            "HEROKU_NETRC_WRITE": "true",
            "AWS_CONFIG_FILE": str(home / "no-configuration"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            **server.environment,
            "SIMULATED_SPEED": str(server.speed),
            # Notices of unpaid bills are asked for from yet another host.
            "HEROKU_PARTICLEBOARD_URL": server.environment["HEROKU_HOST"],
        }

    def run(self, command, seconds):
        """The status with which a command ended, and all that it printed.

        A command that takes longer is ended, with everything that it started; its status is
        nothing.
        """
        process = subprocess.Popen(
            ["bash", "-c", SHELL.format(command=command)], env=self.environment, cwd=self.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True)
        try:
            printed, _ = process.communicate(timeout=seconds)
            return process.returncode, printed
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(seconds)
            return None, f"It was ended after {seconds} s."
