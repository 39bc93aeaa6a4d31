"""Serves moto on a free port of the loopback interface until standard input ends.

    python3 -I moto_server.py FOLDER

Makes a virtual environment in FOLDER on the first run, which needs PyPI, and uses it again from
then on; several runs at once wait for the one that makes it. Standard output has one line: the
address of the server, or why there is none.

Whoever starts it holds its standard input open, and says nothing there: when that process ends, in
whatever way, the server ends with it.
"""

import logging
import os
import shutil
import subprocess
import sys

REQUIREMENT = "moto[server]==5.2.5"
# Fifty packages take a minute where the network is fast.
INSTALLATION_SECONDS = 480


def installed(folder):
    """The interpreter of the virtual environment, which is made unless it is there and whole."""
    import fcntl

    os.makedirs(folder, exist_ok=True)
    environment = os.path.join(folder, "environment")
    python = os.path.join(environment, "bin", "python")
    marker = os.path.join(environment, "complete")
    # Written last, so that neither half an installation nor another one is taken for it.
    complete = f"{REQUIREMENT} on {sys.version}"
    with open(os.path.join(folder, "lock"), "w") as lock:
        # Let go of by the kernel, once this process and those that it started have ended.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (os.access(python, os.X_OK) and content(marker) == complete):
            shutil.rmtree(environment, ignore_errors=True)
            run([sys.executable, "-I", "-m", "venv", environment], lock)
            pip = [python, "-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
            run([*pip, "install", REQUIREMENT], lock)
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


def serve():
    # All accounts would load thousands of machine images first.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    # A line for each request would bury what the tests say.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    # Requests that are under way have nobody who waits for them any more.
    os._exit(0)


def main():
    try:
        (argument,) = sys.argv[1:]
        if argument == "--serve":
            serve()
        python = installed(os.path.abspath(argument))
        os.execv(python, [python, "-I", os.path.abspath(__file__), "--serve"])
    except Exception as error:
        print(" ".join(str(error).split()) or repr(error), flush=True)
        sys.exit(1)


main()
