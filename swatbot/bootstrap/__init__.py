"""The one room that knows every part, and wires them: from the config to a process that runs."""

from swatbot.bootstrap.hosts import Report, look_at_hosts
from swatbot.bootstrap.look import look_at_networks, look_at_workspaces
from swatbot.bootstrap.process import PARTS, EnginePart, Process
from swatbot.bootstrap.tasks import read_status, take_baseline
from swatbot.bootstrap.world import Base, base, load_handlers, make_fleet

__all__ = [
    "PARTS",
    "Base",
    "EnginePart",
    "Process",
    "Report",
    "base",
    "load_handlers",
    "look_at_hosts",
    "look_at_networks",
    "look_at_workspaces",
    "make_fleet",
    "read_status",
    "take_baseline",
]
