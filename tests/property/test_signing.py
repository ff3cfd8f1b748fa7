"""What always holds of a signature: change one byte anywhere, and verification fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_bundles import Desk

from auditkit.bundle.canonical import canonicalise, parse_canonical
from auditkit.bundle.dsse import pae
from auditkit.errors import IntegrityError

EXAMPLES = 150


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.at(tmp_path_factory.mktemp("desk"))
    assert desk.verify(desk.write()).exit_code == 0
    return desk


def places(bundle: Path) -> st.SearchStrategy[tuple[Path, int]]:
    """A file of the bundle, each as likely as any other, and a place in it."""
    files = sorted(path for path in bundle.rglob("*") if path.is_file())
    return st.sampled_from(files).flatmap(
        lambda file: st.tuples(st.just(file), st.integers(0, file.stat().st_size - 1))
    )


@given(drawn=st.data(), flipped=st.integers(1, 255))
@settings(max_examples=EXAMPLES, deadline=None)
def test_one_changed_byte_anywhere_in_a_bundle_is_seen(desk: Desk, drawn: st.DataObject, flipped: int) -> None:
    file, place = drawn.draw(places(desk.folder / "bundle"))
    raw = file.read_bytes()
    try:
        file.write_bytes(raw[:place] + bytes([raw[place] ^ flipped]) + raw[place + 1 :])
        assert desk.verify(desk.folder / "bundle").exit_code == 4
    finally:
        file.write_bytes(raw)


@given(drawn=st.data(), flipped=st.integers(1, 255))
@settings(max_examples=EXAMPLES, deadline=None)
def test_one_changed_byte_anywhere_in_a_lone_report_is_seen(desk: Desk, drawn: st.DataObject, flipped: int) -> None:
    alone = desk.folder / "mailed.html"
    raw = Path(shutil.copy(desk.folder / "bundle" / "report.html", alone)).read_bytes()
    place = drawn.draw(st.integers(0, len(raw) - 1))
    alone.write_bytes(raw[:place] + bytes([raw[place] ^ flipped]) + raw[place + 1 :])
    found = desk.verify(alone)
    assert (found.intact, found.exit_code) == (False, 4)


@given(drawn=st.data(), more=st.binary(min_size=1, max_size=40))
@settings(max_examples=EXAMPLES // 3, deadline=None)
def test_bytes_put_in_or_cut_out_anywhere_are_seen(desk: Desk, drawn: st.DataObject, more: bytes) -> None:
    file, place = drawn.draw(places(desk.folder / "bundle"))
    raw = file.read_bytes()
    try:
        for changed in (raw[:place] + more + raw[place:], raw[:place] + raw[place + len(more) :]):
            file.write_bytes(changed)
            assert desk.verify(desk.folder / "bundle").exit_code == 4
    finally:
        file.write_bytes(raw)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_json_reads_back_to_the_same_bytes(value: object) -> None:
    raw = canonicalise(value, name="the text")
    assert canonicalise(parse_canonical(raw, name="the text"), name="the text") == raw


@given(values)
def test_json_that_is_written_in_another_way_is_refused(value: object) -> None:
    raw = canonicalise(value, name="the text")
    loose = json.dumps(json.loads(raw), indent=1).encode() + b"\n"
    with pytest.raises(IntegrityError):
        parse_canonical(loose, name="the text")


@given(st.binary(max_size=60))
def test_garbage_is_refused_without_a_traceback(raw: bytes) -> None:
    try:
        value = parse_canonical(raw, name="the text")
    except IntegrityError:
        return
    assert canonicalise(value, name="the text") == raw


@given(st.text(max_size=10), st.binary(max_size=10), st.text(max_size=10), st.binary(max_size=10))
def test_no_two_payloads_are_signed_as_the_same_bytes(kind: str, raw: bytes, kind2: str, raw2: bytes) -> None:
    assert (pae(kind, raw) == pae(kind2, raw2)) == ((kind, raw) == (kind2, raw2))


def test_pre_authentication_encoding_is_that_of_the_dsse_specification() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
