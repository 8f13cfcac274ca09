"""Which certificate does the OPC UA server show, and which certificates of users does it know?"""

import ipaddress
import os
import secrets
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEARS = 20
"""Clients pin the certificate: it is not changed behind their back. A new one is made when its files are removed."""
KEY_BITS = 2048
"""Basic256Sha256 takes 2048 to 4096 (OPC 10000-7)."""


def own_certificate(folder: Path, application: str) -> tuple[Path, Path]:
    """The files of certificate (DER) and key (PEM) in ``folder``; made the first time. ``application``: its URI, which stands in it."""
    certificate, key = folder / "certificate.der", folder / "key.pem"
    if not (certificate.exists() and key.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        made = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
        _keep(key, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _keep(certificate, _self_signed(made, application).public_bytes(Encoding.DER))
    return certificate, key


def known_user(folder: Path, given: bytes, now: datetime) -> str | None:
    """The client whose certificate it is: the name, without ending, of the file in ``folder`` that holds it; None when over or unknown."""
    shown = x509.load_der_x509_certificate(given)
    if not shown.not_valid_before_utc <= now <= shown.not_valid_after_utc or not folder.is_dir():
        return None
    for file in sorted(folder.iterdir()):
        if file.suffix in {".der", ".pem"} and _read(file.read_bytes()) == shown:
            return file.stem
    return None


def _read(content: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(content) if content.startswith(b"-----") else x509.load_der_x509_certificate(content)
    except ValueError:
        return None


def _self_signed(key: rsa.RSAPrivateKey, application: str) -> x509.Certificate:
    """As OPC 10000-6, 6.2.2 wants an application's certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LotOne"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "LotOne")])
    host, now = socket.gethostname(), datetime.now(UTC)
    names = [x509.DNSName(host), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(application), *names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(usage, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _keep(path: Path, content: bytes) -> None:
    """For nobody else to read, and whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
