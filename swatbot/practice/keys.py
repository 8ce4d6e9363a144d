"""Makes the SSH keys of a practice range: one for its hosts, one for whoever may log in."""

from collections.abc import Mapping
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from swatbot.practice.doors import ADDRESS


def ensure_key(path: Path) -> paramiko.Ed25519Key:
    """The ed25519 key in this file, which is made if there is none (mode 0600)."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.OpenSSH,
                serialization.NoEncryption(),
            )
        )
    return paramiko.Ed25519Key(filename=str(path))


def write_known_hosts(path: Path, key: paramiko.PKey, ports: Mapping[str, int]) -> None:
    """Write what a strict client needs: one line for each host's port, with the host's name as comment."""
    public = f"{key.get_name()} {key.get_base64()}"
    lines = (f"[{ADDRESS}]:{port} {public} {name}\n" for name, port in ports.items())
    path.write_text("".join(lines), encoding="ascii")
