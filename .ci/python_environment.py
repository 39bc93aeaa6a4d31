"""Runs a script with the packages of PyPI that it needs: its inline metadata (PEP 723) names them,
on one line.

    python3 -I python_environment.py FOLDER SCRIPT

Makes a virtual environment in FOLDER on the first run, which needs PyPI, and uses it again from
then on; several runs at once wait for the one that makes it. When there is none, the one line on
standard output says why.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys

# Fifty packages take a minute where the network is fast.
INSTALLATION_SECONDS = 480


def required(script):
    """The packages that a script names."""
    with open(script) as file:
        found = re.search(r"^# dependencies = \[(.*)\]$", file.read(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{script} names no dependencies")
    return re.findall(r'"([^"]+)"', found.group(1))


def installed(folder, requirements):
    """The interpreter of the virtual environment, which is made unless it is there and whole."""
    os.makedirs(folder, exist_ok=True)
    environment = os.path.join(folder, "environment")
    python = os.path.join(environment, "bin", "python")
    marker = os.path.join(environment, "complete")
    # Written last, so that neither half an installation nor another one is taken for it.
    complete = f"{' '.join(requirements)} on {sys.version}"
    with open(os.path.join(folder, "lock"), "w") as lock:
        # Let go of by the kernel, once this process and those that it started have ended.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (os.access(python, os.X_OK) and content(marker) == complete):
            shutil.rmtree(environment, ignore_errors=True)
            run([sys.executable, "-I", "-m", "venv", environment], lock)
            pip = [python, "-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
            run([*pip, "install", *requirements], lock)
            with open(marker, "w") as file:
                file.write(complete)
    return python


def content(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def run(command, lock):
    done = subprocess.run(
        command,
        pass_fds=[lock.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALLATION_SECONDS,
    )
    if done.returncode != 0:
        said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        raise RuntimeError(f"{' '.join(command)}: {said[-1] if said else done.returncode}")


def main():
    try:
        folder, script = map(os.path.abspath, sys.argv[1:])
        python = installed(folder, required(script))
        os.execv(python, [python, "-I", script])
    except Exception as error:
        print(" ".join(str(error).split()) or repr(error), flush=True)
        sys.exit(1)


main()
