"""The certificate of a node: what strict verification asks for, for three names, and for one server alone."""

import ipaddress
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from jindo.app.certificates import Certificate, build_certificate, check_certificate, pin_certificate
from jindo.base.errors import InputError

NOW = int(datetime.now(tz=UTC).timestamp())  # TLS reads the real clock

PYTHONS = sorted(
    {
        found
        for found in (
            sys.executable,
            *(shutil.which(f"python3.{minor}") for minor in (11, 12, 13, 14)),
            *map(str, Path.home().glob(".pyenv/versions/3.1[1-4]*/bin/python")),
        )
        if found and "shims" not in found
    }
)
"""Every Python of this machine that could run a node."""

ASK = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as plain:
    with context.wrap_socket(plain, server_hostname=sys.argv[3]) as wrapped:
        sys.stdout.write(wrapped.recv(100).decode())
"""


@contextmanager
def serving(folder: Path, certificate: Certificate, *, answer: bytes = b"here") -> Iterator[int]:
    """A server that shows this certificate and says one thing to everybody; its port."""
    (folder / "tls.crt").write_text(certificate.pem)
    (folder / "tls.key").write_bytes(certificate.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_all, args=(listener, context, answer), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def answer_all(listener: socket.socket, context: ssl.SSLContext, answer: bytes) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as wrapped:
                if answer.startswith(b"HTTP"):
                    wrapped.recv(65536)
                wrapped.sendall(answer)
        except OSError:
            plain.close()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "node.example.org"])
def test_certificate_is_pinned_strictly_by_every_python_here(tmp_path: Path, python: str, name: str) -> None:
    with serving(tmp_path, build_certificate("seoul", "node.example.org", time=NOW)) as port:
        done = subprocess.run(
            [python, "-c", ASK, str(tmp_path / "tls.crt"), str(port), name],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.returncode) == ("here", 0), done.stderr


def test_certificate_is_pinned_by_httpx(tmp_path: Path) -> None:
    certificate = build_certificate("seoul", "127.0.0.1", time=NOW)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    with serving(tmp_path, certificate, answer=answer) as port:
        context = pin_certificate(certificate.pem)
        with httpx.Client(verify=context, trust_env=False) as http:
            assert http.get(f"https://localhost:{port}/").text == "ok"


def test_pin_certificate_refuses_another_of_the_same_name(tmp_path: Path) -> None:
    pinned = build_certificate("seoul", "127.0.0.1", time=NOW)
    with serving(tmp_path, build_certificate("seoul", "127.0.0.1", time=NOW)) as port:
        context = pin_certificate(pinned.pem)
        with (
            httpx.Client(verify=context, trust_env=False) as http,
            pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            http.get(f"https://127.0.0.1:{port}/")


def test_pin_certificate_refuses_another_host(tmp_path: Path) -> None:
    certificate = build_certificate("seoul", "node.example.org", time=NOW)
    with (
        serving(tmp_path, certificate) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match=r"other\.example\.org"),
    ):
        pin_certificate(certificate.pem).wrap_socket(plain, server_hostname="other.example.org")


@pytest.mark.parametrize("years", [-3, 3])
def test_certificate_counts_in_its_time_only(tmp_path: Path, years: int) -> None:
    certificate = build_certificate("seoul", "127.0.0.1", time=NOW + years * 365 * 86_400)
    with (
        serving(tmp_path, certificate) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match=r"expired|not yet valid"),
    ):
        pin_certificate(certificate.pem).wrap_socket(plain, server_hostname="127.0.0.1")


def test_certificate_says_what_it_is_for() -> None:
    found = x509.load_pem_x509_certificate(build_certificate("seoul", "::1", time=NOW).pem.encode())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("::1"),
        ipaddress.ip_address("127.0.0.1"),
    ]
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert found.not_valid_after_utc - found.not_valid_before_utc == timedelta(days=730)
    assert found.not_valid_before_utc == datetime.fromtimestamp(NOW, tz=UTC) - timedelta(days=1)


def test_check_certificate_refuses_what_is_not_one_servers_own() -> None:
    one = build_certificate("seoul", "127.0.0.1", time=NOW)
    check_certificate(one.pem)
    for wrong in (
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        one.pem * 2,
        "é",
        make_ca(),
    ):
        with pytest.raises(InputError):
            check_certificate(wrong)


def make_ca() -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anyone")])
    start = datetime.fromtimestamp(NOW, tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()
