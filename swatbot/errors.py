"""The two kinds of error that are not bugs, so that each is caught at the right height.

Everything else that is raised is a bug: it is logged with a trace, the bot says that it stumbled,
and the deployment is held.
"""


class UserError(Exception):
    """What a person asked for can not be done; the text says why and what to type next."""


class OperationalError(Exception):
    """The world did not play along (a host, a disk, a server); the text is told and logged."""
