"""The certificate that a node's server shows: signed by itself, and pinned by partners out of the node's card.

* It stands for one server and can vouch for no other certificate (CA:FALSE), so a pin is exactly one key.
* It is valid for the host of the node's address, 127.0.0.1 and localhost, for two years from the day before.
* It holds what strict verification asks for (RFC 5280; OpenSSL's X509_STRICT, Python's default from 3.13 on).

The key is P-256, which every TLS client and browser speaks; what a node signs as evidence is signed by other keys.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jindo.base.errors import InputError

VALID_DAYS = 730
EARLY = timedelta(days=1)
"""How much earlier it begins: partners' clocks may be behind."""

ALWAYS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate and the key to it."""

    pem: str
    """What everybody may see; it is on the card."""
    key_pem: bytes
    """PKCS 8, not encrypted: the server reads it at each start."""


def build_certificate(member: str, host: str, *, time: int) -> Certificate:
    """A new key and a certificate for it, valid for `host` from a day before `time` on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Jindo node {member}"[:64])])
    start = datetime.fromtimestamp(time, tz=UTC) - EARLY
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=VALID_DAYS))
    )
    for extension, critical in _extensions(key.public_key(), host):
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(key, hashes.SHA256())
    return Certificate(
        certificate.public_bytes(Encoding.PEM).decode("ascii"),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def pin_certificate(pem: str) -> ssl.SSLContext:
    """How to connect to the one server that shows this certificate, and to nobody else.

    Raises:
        InputError: it is not exactly one certificate.
    """
    check_certificate(pem)
    context = ssl.create_default_context(cadata=pem)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def check_certificate(pem: str) -> None:
    """Raises `InputError` where `pem` is not exactly one certificate that can be pinned: CA:FALSE, signed by itself."""
    try:
        (found,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
        found.verify_directly_issued_by(found)
        basic = found.extensions.get_extension_for_class(x509.BasicConstraints).value
    except Exception as error:  # the library has a dozen errors, some of them its backend's
        raise InputError(
            "the certificate is not one server's own",
            place="certificate",
            remedy="Ask the member for a new card.",
        ) from error
    if basic.ca:
        raise InputError("the certificate could vouch for others", place="certificate")


def read_end(pem: str) -> int:
    """When a certificate that was checked ends, in unix seconds."""
    (found,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
    return int(found.not_valid_after_utc.timestamp())


def _extensions(key: ec.EllipticCurvePublicKey, host: str) -> list[tuple[x509.ExtensionType, bool]]:
    signs_only = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = [_name_of(each) for each in dict.fromkeys((host.lower(), *ALWAYS))]
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (signs_only, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(names), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(key), False),
    ]


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
