"""Runs a script with a package of PyPI that it needs.

    python3 -I python_environment.py FOLDER REQUIREMENT SCRIPT [ARGUMENT…]

Makes a virtual environment in FOLDER on the first run, which needs PyPI, and uses it again from
then on; several runs at once wait for the one that makes it. When there is none, the one line on
standard output says why.
"""

import fcntl
import os
import shutil
import subprocess
import sys

# Fifty packages take a minute where the network is fast.
INSTALLATION_SECONDS = 480


def installed(folder, requirement):
    """The interpreter of the virtual environment, which is made unless it is there and whole."""
    os.makedirs(folder, exist_ok=True)
    environment = os.path.join(folder, "environment")
    python = os.path.join(environment, "bin", "python")
    marker = os.path.join(environment, "complete")
    # Written last, so that neither half an installation nor another one is taken for it.
    complete = f"{requirement} on {sys.version}"
    with open(os.path.join(folder, "lock"), "w") as lock:
        # Let go of by the kernel, once this process and those that it started have ended.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (os.access(python, os.X_OK) and content(marker) == complete):
            shutil.rmtree(environment, ignore_errors=True)
            run([sys.executable, "-I", "-m", "venv", environment], lock)
            pip = [python, "-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
            run([*pip, "install", requirement], lock)
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
        folder, requirement, script, *arguments = sys.argv[1:]
        python = installed(os.path.abspath(folder), requirement)
        os.execv(python, [python, "-I", os.path.abspath(script), *arguments])
    except Exception as error:
        print(" ".join(str(error).split()) or repr(error), flush=True)
        sys.exit(1)


main()
