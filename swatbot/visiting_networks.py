"""What `swatbot check-config --live` says of an IRC server."""

from swatbot.adapters.irc.ears import Proof
from swatbot.adapters.irc.look import Seen


def found_of(seen: Seen) -> str:
    """What the bot would find there, in sentences."""
    if seen.fault:
        return f"the bot can not be there: {seen.fault}"
    login = f"logged in as {seen.account}" if seen.account else "not logged in (no sasl_account)"
    echoes = "" if seen.echoes else " It does not repeat lines (echo-message), so it is asked what it has."
    return f"{login}. {_proof(seen)}{echoes}"


def _proof(seen: Seen) -> str:
    if seen.proof is Proof.TAG:
        return "Each message proves its account (account-tag)."
    if seen.proof is Proof.WHOX:
        return "No account-tag: WHOX is asked who spoke, which is weaker, for it tells of the moment after."
    hint = " (whox = true would take WHOX's word for it)" if seen.whox else ""
    return f"NOBODY'S ACCOUNT IS PROVEN there{hint}: the bot only reports."
