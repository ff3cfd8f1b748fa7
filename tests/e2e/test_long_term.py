"""`auditkit run --long-term`: what is refused before the audit, and a PDF that carries what it rests on."""

from __future__ import annotations

import pytest
from commands import Folder, small_rows
from time_authority import Authority, needs_openssl, served

from auditkit.bundle.keys import keyid_of, public_key_from_pem

pytestmark = needs_openssl
PDF = ('formats = ["html"]', 'formats = ["html", "pdf"]')
CARRIED = ("root.crt", "root.crl", "time/root.crt", "time/root.crl")


@pytest.fixture
def folder(tmp_path, home, loopback):
    """A spec, its rows, a signer under a root, and an authority of time stamps."""
    del loopback
    made = Folder(tmp_path, home)
    made.write_rows(small_rows())
    assert made.run_here("keygen", "root", "--authority", "--name", "ACME root").code == 0
    issued = ("--issuer", "root.key", "--crl-url", "http://acme.example/root.crl")
    assert made.run_here("keygen", "audit", "--name", "ACME model risk", *issued).code == 0
    Authority.at(tmp_path / "time")
    return made


def long_term(*sources):
    return [word for source in sources for word in ("--long-term", source)]


def test_what_lacks_is_said_before_the_audit(folder):
    signed = '\n[signing]\nkey = "audit.key"\n'
    folder.spec(more=signed)
    folder.run_here("run", "audit.toml", *long_term("root.crl")).refused("by the PDF", "formats")
    folder.spec(PDF, more=signed)
    folder.run_here("run", "audit.toml", *long_term("root.crl")).refused("no authority is named", "--tsa")
    with served(Authority(folder.path / "time").answer) as service:
        asked = ("run", "audit.toml", "--tsa", service.url)
        folder.run_here(*asked, *long_term("root.crt", *CARRIED[2:])).refused(
            "the revocation list of 'ACME root' is not there", "--long-term http://acme.example/root.crl"
        )
        folder.spec(PDF)
        folder.run_here(*asked, *long_term(*CARRIED)).refused("issued by itself", "keygen root --authority")
    folder.nothing_written()


@pytest.mark.slow
def test_a_run_writes_a_pdf_that_carries_it(folder):
    with served(Authority(folder.path / "time").answer) as service:
        named = "".join(f'"{one}", ' for one in CARRIED)
        folder.spec(PDF, more=f'\n[signing]\nkey = "audit.key"\ntsa = "{service.url}"\nlong_term = [{named}]\n')
        assert folder.run_here("run", "audit.toml").code in {0, 1, 5}
    keyid = keyid_of(public_key_from_pem((folder.path / "audit.pub").read_bytes(), name="audit.pub"))
    folder.write(
        "trust.toml",
        f'[[key]]\nkeyid = "{keyid}"\nname = "ACME"\npem = "audit.crt"\n'
        '[[tsa]]\nname = "time"\npem = "time/root.crt"\n'
        '[[x509_root]]\nname = "ACME root"\npem = "root.crt"\ncrl = "root.crl"\n[policy]\nmin_pades = "B-LT"\n',
    )
    for path in ("audit-audit", "audit-audit/report.pdf"):
        found = folder.run_here("verify", path, "--trust", "trust.toml")
        assert (found.code, "PAdES B-LT by the key" in found.out, found.err) == (0, True, "")
    assert '"pades": "B-LT"' in folder.run_here("verify", "audit-audit", "--key", "audit.pub", "--json").out
