"""What one IRC network needs to be known, checked as far as it can be without a network."""

import ipaddress
from dataclasses import dataclass, field

from swatbot.errors import OperationalError


@dataclass(frozen=True)
class IrcSettings:
    """One network.

    Attributes:
        network: its name, as in accounts and sources.
        host: the server.
        port: the server's port.
        tls: whether to speak TLS; it may be off for loopback only.
        nick: the wanted nick.
        channels: the channels to join, in which announcements are made.
        sasl_account: account to log in as; "" does not log in.
        sasl_password: its password; "" logs in by the client certificate.
        cert_file: our own certificate, in PEM, by which the server knows us.
        key_file: its private key, if that is not in the same file.
        ca_file: certificates to trust instead of the system's.
        server_name: the name that the certificate must bear, if it is not `host`.
        username: the user name shown before the host; the nick if empty.
        realname: shown by WHOIS.
        bots: nicks of other bots, which are never listened to.
        burst: lines that may be sent at once.
        per_second: lines a second after that.
        connect_within: seconds for TCP and for each step of the TLS handshake.
        login_within: seconds from there to the server's welcome.
        quiet_after: seconds of silence after which the server is asked for a sign of life.
        pong_within: seconds that it has to give one.
        rejoin_after: seconds until a channel is joined again after a kick; six times as long after a refusal.
        backoff_first: longest first pause before connecting again, in seconds.
        backoff_most: longest pause of all, in seconds.
    """

    network: str
    host: str
    port: int
    tls: bool
    nick: str
    channels: tuple[str, ...]
    sasl_account: str = ""
    sasl_password: str = field(default="", repr=False)
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    server_name: str = ""
    username: str = ""
    realname: str = "swatbot: deployments, one at a time"
    bots: tuple[str, ...] = ()
    burst: float = 4
    per_second: float = 1.0
    connect_within: float = 10.0
    login_within: float = 30.0
    quiet_after: float = 120.0
    pong_within: float = 30.0
    rejoin_after: float = 5.0
    backoff_first: float = 1.0
    backoff_most: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what would send passwords or commands in the open.

        Raises:
            OperationalError: plain TCP to another machine, half a login, or a certificate never shown.
        """
        if not self.tls and self.host != "localhost" and not is_loopback(self.host):
            raise OperationalError(
                f"IRC {self.network}: {self.host} without TLS is refused; only loopback may be plain"
            )
        if self.cert_file and not self.tls:
            raise OperationalError(f"IRC {self.network}: a certificate is shown over TLS only")
        if self.key_file and not self.cert_file:
            raise OperationalError(f"IRC {self.network}: a key without its certificate proves nothing")
        if self.sasl_password and not self.sasl_account:
            raise OperationalError(f"IRC {self.network}: a password needs an account to log in as")
        if self.sasl_account and not (self.sasl_password or self.cert_file):
            raise OperationalError(
                f"IRC {self.network}: to log in as {self.sasl_account} takes a password or a certificate"
            )

    @property
    def mechanism(self) -> str:
        """How to log in: "PLAIN", "EXTERNAL" (by the certificate), or "" for not at all."""
        if not self.sasl_account:
            return ""
        return "PLAIN" if self.sasl_password else "EXTERNAL"


def is_loopback(address: str) -> bool:
    """Whether a literal address is on this machine; a name is not."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
