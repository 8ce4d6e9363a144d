"""A controller in a process of its own, so that it can be killed.

Usage: python pushing.py KNOWN_HOSTS KEY PORT USER ROOT PYTHON FILES, where FILES is a file with two JSON
objects: the base and the target, path -> text. It connects, says so, and pushes when it reads a line.
"""

import json
import sys
import threading
from pathlib import Path

from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.sync import SshFleet
from tests.contracts.fleet_lab import Store, fixed_clock, order

if __name__ == "__main__":
    known, key, port, user, root, python, files = sys.argv[1:]
    target = Target("h1", "127.0.0.1", int(port), user, root, python=python)
    fleet = SshFleet([target], SshSettings(Path(known), (Path(key),)), fixed_clock())
    store = Store()
    base, wanted = (
        store.take(["conf"], {path: (0o644, text.encode()) for path, text in state.items()})
        for state in json.loads(Path(files).read_text())
    )
    fleet.prove(["h1"], ["conf"])
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    sys.stdin.readline()
    fleet.push(order(["h1"], base, wanted), store, lambda _: None, threading.Event())
    fleet.close()
