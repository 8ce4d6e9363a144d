"""What swatbot needs from the world, as Protocols; contract suites hold the adapters to them."""

from swatbot.ports.chat import CardChat, ChannelRole, Chat, Done, Incoming, Outgoing, Seen, Urgency
from swatbot.ports.checks import Checker, CheckTask
from swatbot.ports.fleet import Fleet, HostProof, Order
from swatbot.ports.journal import (
    Entry,
    Journal,
    Lease,
    Leases,
    LeaseTakenError,
    Record,
    RecordKind,
    StaleWriterError,
)
from swatbot.ports.stop import Stop
from swatbot.ports.time import Calendar, Clock
from swatbot.ports.tree import Contents, Tree

__all__ = [
    "Calendar",
    "CardChat",
    "ChannelRole",
    "Chat",
    "CheckTask",
    "Checker",
    "Clock",
    "Contents",
    "Done",
    "Entry",
    "Fleet",
    "HostProof",
    "Incoming",
    "Journal",
    "Lease",
    "LeaseTakenError",
    "Leases",
    "Order",
    "Outgoing",
    "Record",
    "RecordKind",
    "Seen",
    "StaleWriterError",
    "Stop",
    "Tree",
    "Urgency",
]
