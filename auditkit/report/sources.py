"""Where templates lie, and the digest of everything that turns a result into a page."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).parent
_TEMPLATES = ("*.j2", "*.css", "*.po")


def template_dir() -> Path:
    """The shipped templates: beside this package in a wheel, under `reports/templates` in a checkout."""
    packed = _HERE / "templates"
    return packed if packed.is_dir() else _HERE.parents[1] / "reports" / "templates"


def digest_of_sources(template_dirs: Sequence[Path] = ()) -> str:
    """SHA-256, in hex, over names and bytes of templates, style sheets and the modules of this package.

    Each file goes in as the length of its name, its name, the length of its bytes, and its bytes, in the order of
    names: so no file can be taken for a part of another. Names are relative to their folder, so that they are the same
    on every machine; those in `template_dirs` begin with the folder's place, which decides whose template is found.
    """
    shelves = {"templates": template_dir()} | {f"before-{place}": folder for place, folder in enumerate(template_dirs)}
    files = {path.relative_to(_HERE).as_posix(): path for path in _readable(_HERE, "*.py")}
    for shelf, folder in shelves.items():
        files |= {f"{shelf}/{path.relative_to(folder).as_posix()}": path for path in _readable(folder, *_TEMPLATES)}
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        for part in (name.encode(), path.read_bytes()):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()


def _readable(folder: Path, *patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()]
