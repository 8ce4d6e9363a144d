"""What one IRC network needs to be known, checked as far as it can be without a network."""

import ipaddress
from dataclasses import dataclass, field

from swatbot.errors import OperationalError
from swatbot.ports import ChannelRole


@dataclass(frozen=True)
class IrcSettings:
    """One network.

    Attributes:
        network: its name, as in accounts and sources.
        host: the server.
        port: the server's port.
        other_hosts: servers to go to in turn when a connection is lost or can not be had, as (host, port).
        tls: whether to speak TLS; it may be off for loopback only.
        nick: the wanted nick.
        channels: where commands are heard, and everything is told.
        progress_channels: where everything is told, and nothing is heard.
        log_channels: where only `!log` lines are told.
        sasl_account: account to log in as; "" does not log in.
        sasl_password: its password; "" logs in by the client certificate.
        cert_file: our own certificate, in PEM, by which the server knows us.
        key_file: its private key, if that is not in the same file.
        ca_file: certificates to trust instead of the system's.
        server_name: the name that the certificate must bear, if it is not `host`.
        username: the user name shown before the host; the nick if empty.
        realname: shown by WHOIS.
        whox: whether WHOX's word for an account is taken where the server does not offer `account-tag`.
        bots: nicks of other bots, which are never listened to.
        burst: lines that may be sent at once.
        per_second: lines a second after that.
        connect_within: seconds for TCP and for each step of the TLS handshake.
        login_within: seconds from there to the server's welcome.
        quiet_after: seconds of silence after which the server is asked for a sign of life.
        pong_within: seconds that it has to give one.
        rejoin_after: seconds until a channel is joined again after a kick; six times as long after a refusal.
        nick_again_after: seconds until the wanted nick is asked for again, while somebody else has it.
        look_after: seconds after which it is made sure that the bot is still in its channels.
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
    progress_channels: tuple[str, ...] = ()
    log_channels: tuple[str, ...] = ()
    other_hosts: tuple[tuple[str, int], ...] = ()
    whox: bool = False
    bots: tuple[str, ...] = ()
    burst: float = 4
    per_second: float = 1.0
    connect_within: float = 10.0
    login_within: float = 30.0
    quiet_after: float = 120.0
    pong_within: float = 30.0
    rejoin_after: float = 5.0
    nick_again_after: float = 60.0
    look_after: float = 300.0
    backoff_first: float = 1.0
    backoff_most: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what would send passwords or commands in the open.

        Raises:
            OperationalError: plain TCP to another machine, half a login, or a certificate never shown.
        """
        for host, _ in self.servers:
            if not self.tls and host != "localhost" and not is_loopback(host):
                raise OperationalError(
                    f"IRC {self.network}: {host} without TLS is refused; only loopback may be plain"
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
    def servers(self) -> tuple[tuple[str, int], ...]:
        """All servers, the first choice first, as (host, port)."""
        return ((self.host, self.port), *self.other_hosts)

    @property
    def roles(self) -> dict[str, ChannelRole]:
        """All channels, each with what it is for."""
        return {
            **dict.fromkeys(self.log_channels, ChannelRole.LOG),
            **dict.fromkeys(self.progress_channels, ChannelRole.PROGRESS),
            **dict.fromkeys(self.channels, ChannelRole.COMMANDS),
        }

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
