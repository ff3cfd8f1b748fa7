"""Whether a PDF only shows itself: no script, no form, nothing attached that a viewer would offer and nobody verified.

What a viewer opens must be what was verified. So each embedded file has one content, under one name, in one list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from pyhanko.pdf_utils.generic import DictionaryObject, Reference

_MOST_OBJECTS = 1_000_000
_ACTIVE = ("/JS", "/JavaScript", "/OpenAction", "/AA", "/XFA", "/RichMediaContent", "/Encrypt")
# What holds no actions and no files, and most of the objects of a report: how it is drawn, and how it is tagged.
_NOT_ENTERED = frozenset({"/Contents", "/Dest", "/Dests", "/Metadata", "/OutputIntents", "/P", "/Parent", "/Resources",
                          "/StructTreeRoot"})  # fmt: skip
_LINKS = ("/GoTo", "/URI")


def check_plain(root: DictionaryObject, files: frozenset[Reference | None]) -> None:
    """Raise IntegrityError unless a PDF is passive, and has no file in it but these."""
    for reference, found in _dictionaries(root):
        active = [key for key in _ACTIVE if key in found]
        if active:
            raise IntegrityError(f"the PDF has {active[0]} in it: a report only shows itself")
        action = found["/A"] if "/A" in found else None  # noqa: SIM401  pyHanko's get does not follow references
        if isinstance(action, dict) and "/S" in action and action["/S"] not in _LINKS:
            raise IntegrityError(f"the PDF has the action {action['/S']} in it: a report only shows itself")
        if "/EF" in found and (reference is None or reference not in files):
            raise IntegrityError("the PDF has a file in it that is not in its list of attachments")
        if "/FT" in found and found["/FT"] != "/Sig":
            raise IntegrityError("the PDF has a form in it: a report only shows itself")


def check_one_content(file: DictionaryObject) -> None:
    """Raise IntegrityError when two viewers could take two contents, or two names, out of an embedded file."""
    if set(file["/EF"]) != {"/F"} or file["/F"] != file["/UF"]:
        raise IntegrityError(f"its attachment '{file['/UF']}' has a second content or name")


def _dictionaries(root: DictionaryObject) -> Iterator[tuple[Reference | None, Any]]:
    """Each dictionary and stream that can be reached, with the reference that leads to it when there is one."""
    from pyhanko.pdf_utils.generic import IndirectObject

    waiting: list[Any] = [root]
    seen: set[Reference] = set()
    while waiting:
        found, reference = waiting.pop(), None
        if isinstance(found, IndirectObject):
            reference = found.reference
            if reference in seen:
                continue
            if len(seen) > _MOST_OBJECTS:
                raise IntegrityError("the PDF has more objects than any report")
            seen.add(reference)
            found = found.get_object()  # type: ignore[no-untyped-call]
        if isinstance(found, dict):
            yield reference, found
            waiting.extend(value for key, value in found.items() if key not in _NOT_ENTERED)
        elif isinstance(found, list):
            waiting.extend(found)
