#!/usr/bin/env python3
"""memcached_load PORT SECONDS: sets, gets and deletes through six connections,
and checks every reply against what was stored.  Exits 1 at the first reply
that is missing or wrong."""

import random
import socket
import sys
import threading
import time

NCLIENTS = 6
NKEYS = 3000
wrong = []


def value_of(key, version):
    return (b"%s/%d/" % (key, version)) * (version % 40 + 1)


class Client:
    """One connection with keys of its own, so that it knows what they hold."""

    def __init__(self, port, number):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.lines = self.socket.makefile("rb")
        self.random = random.Random(number)
        self.number = number
        self.stored = {}
        self.nreplies = 0

    def ask(self, text):
        self.socket.sendall(text)
        self.nreplies += 1
        reply = self.lines.readline()
        if not reply.endswith(b"\r\n"):
            raise ValueError("the connection ended")
        return reply.strip()

    def set(self, key):
        version = self.stored.get(key, 0) + 1
        value = value_of(key, version)
        reply = self.ask(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value))
        if reply != b"STORED":
            raise ValueError(f"set: {reply!r}")
        self.stored[key] = version

    def get(self, key):
        reply = self.ask(b"get %s\r\n" % key)
        if reply == b"END":
            # The server may evict, but not what was never stored.
            return
        value = value_of(key, self.stored[key])
        if reply != b"VALUE %s 0 %d" % (key, len(value)):
            raise ValueError(f"get: {reply!r}")
        if self.lines.read(len(value) + 7) != value + b"\r\nEND\r\n":
            raise ValueError(f"get: another value of {key!r}")

    def delete(self, key):
        if self.ask(b"delete %s\r\n" % key) not in (b"DELETED", b"NOT_FOUND"):
            raise ValueError("delete")
        self.stored.pop(key, None)

    def run(self, end):
        while time.monotonic() < end:
            key = b"%d-%d" % (self.number, self.random.randrange(NKEYS))
            what = self.random.random()
            if key not in self.stored or what < 0.4:
                self.set(key)
            elif what < 0.95:
                self.get(key)
            else:
                self.delete(key)


def run_client(client, end):
    try:
        client.run(end)
    except (OSError, ValueError) as error:
        wrong.append(f"client {client.number}: {error}")


def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    end = time.monotonic() + seconds
    clients = [Client(port, number) for number in range(NCLIENTS)]
    threads = [threading.Thread(target=run_client, args=(client, end))
               for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nreplies = sum(client.nreplies for client in clients)
    if nreplies < 100 * seconds:
        wrong.append(f"only {nreplies} replies")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
