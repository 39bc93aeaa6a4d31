# /// script
# dependencies = ["moto[server]==5.2.5"]
# ///
"""Serves moto on a free port of the loopback interface until standard input ends.

Standard output has one line: the address of the server, or why there is none.

Whoever starts it holds its standard input open, and says nothing there: when that process ends, in
whatever way, the server ends with it.
"""

import logging
import os
import sys


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


try:
    serve()
except Exception as error:
    print(" ".join(str(error).split()) or repr(error), flush=True)
    sys.exit(1)
