"""Certificates: what the door offers by TLS, what is renewed when, and what is refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scanner import scan, versions
from scenario import Run, ask, machine

testinfra_hosts = [machine("nginx-proxy-debian13")]

NAME = "chat.example.com"
Converge = Callable[..., Run]


def served(host: Any) -> x509.Certificate:
    """The certificate that the site shows."""
    command = "openssl s_client -connect 127.0.0.1:443 -servername %s </dev/null 2>/dev/null | openssl x509"
    return x509.load_pem_x509_certificate(host.check_output(command, NAME).encode())


def names(certificate: x509.Certificate) -> list[str]:
    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return sorted(str(name.value) for name in alternative)


def make(folder: Path, *, days: int = 90) -> tuple[str, str]:
    """The paths of a certificate and of its key, as somebody might have them from their company."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The company")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=100))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{days}.pem", folder / f"{days}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(paths[0]), str(paths[1])


def provided(certificate: str, private_key: str, **more: Any) -> dict[str, Any]:
    given = {"certificate": certificate, "private_key": private_key}
    return {"nginx_proxy_tls": "provided", "nginx_proxy_provided_certificate": given, **more}


def test_the_certificate_names_the_site_and_lives_as_long_as_browsers_allow(host: Any) -> None:
    certificate = served(host)
    assert names(certificate) == [NAME]
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 397
    assert host.run(
        "openssl verify -CAfile /etc/selfhosted_llm/local_ca/ca.crt /etc/nginx/selfhosted_llm/local_ca_certificate.pem"
    ).succeeded


def test_another_name_makes_another_certificate_of_the_same_authority(host: Any, converge: Converge) -> None:
    more = {"nginx_proxy_certificate_names": ["192.0.2.7", "fd00::7", "door.example.com"]}
    authority = host.file("/etc/selfhosted_llm/local_ca/ca.crt").content_string
    before = served(host)
    promised = converge("--check", **more)
    assert [task for task in promised.changed if task.endswith("Say what would be made")]
    assert served(host) == before, "check mode changed something"
    done = converge(**more)
    assert done.rc == 0, done.output
    assert names(served(host)) == sorted([NAME, "192.0.2.7", "fd00::7", "door.example.com"])
    assert converge(**more).changed == []
    assert host.file("/etc/selfhosted_llm/local_ca/ca.crt").content_string == authority


def test_a_site_that_is_refused_keeps_its_certificate(host: Any, converge: Converge) -> None:
    path = "/etc/nginx/selfhosted_llm/local_ca_certificate.pem"
    before = host.file(path).content_string
    more = {
        "nginx_proxy_certificate_names": ["refused.example.com"],
        "nginx_proxy_extra_directives": {"server": "no_such_directive on;"},
    }
    assert "no_such_directive" in converge(**more).failure
    assert host.file(path).content_string == before
    assert host.check_output("ls /etc/nginx/selfhosted_llm").split() == [
        "gateway_keys.conf",
        "loaded",
        "local_ca.crt",
        "local_ca.html",
        "local_ca_certificate.pem",
        "local_ca_certificate_key.pem",
    ]


def test_it_is_renewed_before_it_ends_while_nginx_goes_on(host: Any, converge: Converge) -> None:
    before, pid = served(host), host.check_output("systemctl show --property MainPID --value nginx")
    # As if its last days had come.
    done = converge(__nginx_proxy_renew_days=398)
    assert done.rc == 0, done.output
    assert served(host).serial_number != before.serial_number
    assert host.check_output("systemctl show --property MainPID --value nginx") == pid


def test_a_key_that_is_gone_is_made_anew(host: Any, converge: Converge) -> None:
    before = served(host)
    host.check_output("rm /etc/nginx/selfhosted_llm/local_ca_certificate_key.pem")
    done = converge()
    assert done.rc == 0, done.output
    assert served(host).public_key() != before.public_key()


def test_the_authority_can_be_on_the_controller(
    host: Any, converge: Converge, look_closely: str, tmp_path: Path
) -> None:
    more = {
        "nginx_proxy_local_ca_on": "controller",
        "nginx_proxy_local_ca_path": str(tmp_path / "ca"),
        "nginx_proxy_local_ca_name": "The house",
    }
    done = converge(**more)
    assert done.rc == 0, done.output
    assert served(host).issuer.rfc4514_string() == "CN=The house"
    assert (tmp_path / "ca" / "ca_key.pem").stat().st_mode & 0o777 == 0o600
    assert ask(host, "127.0.0.1", "/local_ca.crt", headers={"Host": NAME}).text == (tmp_path / "ca/ca.crt").read_text()
    assert look_closely not in converge(**more).done


def test_a_certificate_that_somebody_has(host: Any, converge: Converge, look_closely: str, tmp_path: Path) -> None:
    given = provided(*make(tmp_path), nginx_proxy_hsts_max_age=300)
    done = converge("--diff", **given)
    assert done.rc == 0, done.output
    assert "PRIVATE KEY" not in done.output
    theirs = served(host)
    assert theirs.issuer.rfc4514_string() == "CN=The company"
    assert host.file("/etc/nginx/selfhosted_llm/provided.pem").mode == 0o600
    assert look_closely not in converge(**given).done
    header = host.check_output("curl --silent --insecure --head --resolve %s:443:127.0.0.1 https://%s/", NAME, NAME)
    assert "max-age=300" in header

    host.run("cp /etc/nginx/selfhosted_llm/provided.pem /root/theirs.pem")
    there = provided("/root/theirs.pem", "/root/theirs.pem")
    there["nginx_proxy_provided_certificate"]["remote_src"] = True
    assert converge(**there).rc == 0
    assert served(host) == theirs
    assert look_closely not in converge(**there).done


@pytest.mark.parametrize("fault", ["ended", "another key", "no such file", "no certificate"])
def test_a_certificate_that_cannot_be_served_changes_nothing(
    host: Any, converge: Converge, tmp_path: Path, fault: str
) -> None:
    certificate, key = make(tmp_path)
    (tmp_path / "text.pem").write_text("Hello.\n")
    given, sentence = {
        "ended": (make(tmp_path, days=-1), "ended at "),
        "another key": ((certificate, make(tmp_path, days=91)[1]), "key values mismatch"),
        "no such file": ((str(tmp_path / "none.pem"), key), "none.pem"),
        "no certificate": ((str(tmp_path / "text.pem"), key), "cannot be read"),
    }[fault]
    before = served(host)
    refused = converge(**provided(*given))
    assert sentence in refused.failure, refused.output
    assert "PRIVATE KEY" not in refused.output
    assert served(host) == before
    assert host.run("nginx -t").succeeded


def test_modern_is_the_newest_version_alone(host: Any, converge: Converge) -> None:
    done = converge(nginx_proxy_tls_profile="modern")
    assert done.rc == 0, done.output
    assert versions(scan(host)) == {"tls 1.3"}


def test_without_tls_the_page_comes_over_plain_http(host: Any, converge: Converge, look_closely: str) -> None:
    done = converge(nginx_proxy_tls="none")
    assert done.rc == 0, done.output
    assert "Open WebUI" in ask(host, "127.0.0.1", headers={"Host": NAME}).text
    assert not host.socket("tcp://0.0.0.0:443").is_listening
    assert look_closely not in converge(nginx_proxy_tls="none").done


def test_a_machine_without_openssl_is_looked_at_otherwise(host: Any, converge: Converge, look_closely: str) -> None:
    assert converge().rc == 0
    before = served(host)
    host.check_output("mv /usr/bin/openssl /usr/bin/openssl.away")
    try:
        run = converge()
    finally:
        host.check_output("mv /usr/bin/openssl.away /usr/bin/openssl")
    assert look_closely in run.done
    assert (run.rc, run.changed) == (0, []), run.output
    assert served(host) == before


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"nginx_proxy_hsts_max_age": 300}, "nginx_proxy_hsts_max_age must be 0"),
        ({"nginx_proxy_tls": "provided"}, "needs certificate and private_key"),
        ({"nginx_proxy_tls": "acme"}, "needs email, dns_plugin and dns_credentials"),
        ({"nginx_proxy_tls": "provided", "nginx_proxy_server_names": []}, "need a name in nginx_proxy_server_names"),
        ({"nginx_proxy_server_names": ["a b; return 200"]}, "nginx_proxy_server_names takes host names"),
        ({"nginx_proxy_https_port": 80}, "must differ"),
        ({"nginx_proxy_server_names": ["Chat.example.com"]}, "in small letters"),
        ({"nginx_proxy_upstreams": [{"address": "127.0.0.1"}]}, "have a port"),
        (
            {"nginx_proxy_extra_directives": {"sign_in": "proxy_set_header X-Office 1;"}},
            "proxy_set_header and add_header belong into 'server'",
        ),
    ],
)
def test_what_cannot_be_right_is_refused(converge: Converge, variables: dict[str, Any], sentence: str) -> None:
    run = converge(**variables)
    assert sentence in run.failure
    assert run.changed == []
