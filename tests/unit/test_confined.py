"""Work in a process of its own: how an end for lack of memory is told, whichever way the child came to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.confined import MEBIBYTE, Died, Limits, run_confined

ENOUGH = Limits(seconds=20, memory=512 * MEBIBYTE)
WAYS = {
    "python": "b'0' * (1 << 30)",
    "a library's own error": "raised_instead()",
    "a callback, from which no exception comes out": "sys.stderr.write('MemoryError: \\n'); os._exit(1)",
    "glib": "sys.stderr.write('GLib-ERROR **: gmem.c:106: failed to allocate 4,096 bytes\\n'); os.abort()",
}
MODULE = """
import os, sys
from auditkit.confined import serve

def raised_instead():
    try:
        bytearray(1 << 30)
    except MemoryError:
        raise OSError("no font")

def work(job):
    {body}
    return b""

serve(work)
"""


@pytest.mark.parametrize("way", WAYS)
def test_each_end_for_lack_of_memory_names_the_limit(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "child_of_the_test.py").write_text(MODULE.format(body=WAYS[way]))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Died, match=r"^needed more than 512 MiB of memory$"):
        run_confined("child_of_the_test", b"", ENOUGH)


def test_another_end_says_what_the_child_said_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "child_of_the_test.py").write_text(MODULE.format(body="raise OSError('no font')"))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Died, match=r"^ended with exit code 1, and said: OSError: no font$"):
        run_confined("child_of_the_test", b"", ENOUGH)


def test_a_child_is_told_no_password_pin_or_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("AUDITKIT_KEY_PASSPHRASE", "AUDITKIT_KEY_PIN", "AWS_SECRET_ACCESS_KEY", "VAULT_TOKEN", "BADGE_PIN")
    for name in names:
        monkeypatch.setenv(name, "hidden")
    monkeypatch.setenv("SPINDLE", "shown")
    body = (
        "return ' '.join(sorted(name for name, value in os.environ.items() if value in ('hidden', 'shown'))).encode()"
    )
    (tmp_path / "child_of_the_test.py").write_text(MODULE.format(body=body))
    monkeypatch.syspath_prepend(tmp_path)
    assert run_confined("child_of_the_test", b"", ENOUGH) == b"SPINDLE"
