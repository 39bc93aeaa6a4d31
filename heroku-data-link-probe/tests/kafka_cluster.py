# /// script
# dependencies = ["confluent-kafka==2.16.1"]
# ///
"""Runs librdkafka's mock cluster of three brokers on loopback, until it is interrupted.

Standard output has one line: `brokers 127.0.0.1:PORT,…`, or why there are none.
"""

import signal
import sys


def main():
    try:
        from confluent_kafka import Producer

        # The addresses given are ignored; the log would only say so.
        cluster = Producer(
            {"test.mock.num.brokers": 3, "bootstrap.servers": "127.0.0.1:1", "log_level": 0}
        )
        brokers = cluster.list_topics(timeout=30).brokers.values()
        print("brokers " + ",".join(f"{it.host}:{it.port}" for it in brokers), flush=True)
    except Exception as error:
        print(" ".join(str(error).split()) or repr(error), flush=True)
        sys.exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        signal.pause()


main()
