"""axe-core, the engine that looks for what keeps people from reading a page: a tool of the tests, never shipped."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from browser import Tab

NEEDS_AXE = "needs axe-core: pip install --no-deps axe-playwright-python"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"


def axe_source() -> str | None:
    """The engine's script, from the wheel that carries it; None where that is not installed."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        return None
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def violations(tab: Tab, page: Path, source: str, *, scheme: str, width: int = 1280) -> list[str]:
    """What WCAG 2.2 AA and good practice are broken by, each with its first places; everything folded is opened.

    The page's own policy lets no script run: DevTools are not bound by it.
    """
    tab.visit(page, width=width, scheme=scheme)
    tab.evaluate(_OPEN)
    tab.evaluate(f"{source}\n;0")
    options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
    found: list[dict[str, Any]] = tab.evaluate(f"axe.run({options}).then(found => found.violations)")
    return [f"{one['id']} x{len(one['nodes'])}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
