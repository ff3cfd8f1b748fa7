"""`python -m auditkit.translating`: bring the catalogues of auditkit's own reports up to date, and count them."""

from __future__ import annotations

import sys
from pathlib import Path

from auditkit.auditing import AREAS
from auditkit.canaries.making import KINDS
from auditkit.host import Host
from auditkit.report.catalogues import Catalogue, translator
from auditkit.report.conditions import NAMES, PATTERNS, STRATA, VALUES
from auditkit.report.intervals import CLAUSES
from auditkit.stated import NAMED
from auditkit.translating.catalogue import Count, is_said, mistakes_in, read, update
from auditkit.translating.texts import HOST, Texts, add_checks, add_code, add_templates

LANGUAGE = "zh-CN"


def own_texts(root: Path) -> Texts:
    """Every text of the host and of the first-party plugins of a checkout."""
    plugins = sorted(path.parent for path in (root / "plugins").glob("*/__init__.py"))
    texts = Texts()
    add_code(texts, root, [root / "auditkit", *plugins])
    own = {path.name for path in plugins} | {HOST}
    checks = Host.installed().checks.values()
    add_checks(texts, root, [check for check in checks if check.run.__module__.partition(".")[0] in own])
    for adapter in Host.installed().adapters.values():
        for why in adapter.cannot.values() if adapter.run.__module__.partition(".")[0] in own else ():
            texts.add(HOST, why, "auditkit/capabilities.py")
    for order in ("as given", "by length"):
        texts.add(HOST, order, "auditkit/result.py")
    for clause in CLAUSES:
        texts.add(HOST, clause, "auditkit/report/intervals.py")
    for named in (*NAMES, STRATA, *VALUES, *PATTERNS):
        texts.add(HOST, named, "auditkit/report/conditions.py")
    for kind in KINDS:
        texts.add(HOST, kind, "auditkit/canaries/making.py")
    for said in NAMED.values():
        texts.add(HOST, said, "auditkit/stated.py")
    for area in sorted({*AREAS, *(check.area for check in checks)}):
        texts.add(HOST, area.replace("-", " "), "auditkit/auditing.py")
    add_templates(texts, root, HOST, root / "reports" / "templates")
    return texts


def bring_up_to_date(root: Path, language: str = LANGUAGE) -> list[Count]:
    """Write `reports/templates/locale/LANGUAGE/PACKAGE.po` for each package that says something."""
    folder = root / "reports" / "templates" / "locale" / language
    known = [read(path) for path in sorted(folder.glob("*.po"))]
    texts = own_texts(root)
    owned = sorted(texts.by_owner().items())
    return [update(folder / f"{name}.po", language, said, known, texts.plurals) for name, said in owned]


def of_a_plugin(folder: Path, language: str = LANGUAGE) -> Count:
    """Write `templates/locale/LANGUAGE.po` in a plugin's package: its own texts, without those that auditkit has.

    Args:
        folder: the package, e.g. `src/ward_check`; its checks are found when it is installed.
        language: a BCP 47 tag.
    """
    texts, shipped = Texts(), translator(language)
    add_code(texts, folder.parent, [folder])
    checks = [one for one in Host.installed().checks.values() if one.run.__module__.partition(".")[0] == folder.name]
    add_checks(texts, folder.parent, checks)
    add_templates(texts, folder.parent, folder.name, folder / "templates")
    known = {*shipped.known, *shipped.plurals} if isinstance(shipped, Catalogue) else set()
    said = {text: sorted(files) for own in texts.found.values() for text, files in own.items() if text not in known}
    return update(folder / "templates" / "locale" / f"{language}.po", language, said, [], texts.plurals)


def check(path: Path) -> int:
    """Print what is wrong with a translator's file, and how far it is; returns how many mistakes there are."""
    mistakes = list(mistakes_in(path))
    for one in mistakes:
        sys.stdout.write(f"{path.name}:{one}\n")
    messages = [one for one in read(path) if one.id]
    done = sum(is_said(one) for one in messages)
    sys.stdout.write(f"{done:5} of {len(messages):5} translated, {len(mistakes)} mistakes  {path.name}\n")
    return len(mistakes)


def main() -> int:
    """Write auditkit's own and print how far each is; those of plugins' packages; or check files, and write nothing."""
    given = [Path(one) for one in sys.argv[1:]]
    packages = [one for one in given if one.is_dir()]
    if len(packages) < len(given):
        return int(sum(check(one) for one in given if one not in packages) > 0)
    counts = [of_a_plugin(one.resolve()) for one in packages] if packages else bring_up_to_date(Path.cwd())
    for one in counts:
        sys.stdout.write(f"{one.translated:5} of {one.all:5} translated  {one.file}\n")
    done, every = sum(one.translated for one in counts), sum(one.all for one in counts)
    sys.stdout.write(f"{done:5} of {every:5} translated\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
