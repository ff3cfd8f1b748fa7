"""What of a page in Chinese is in Latin letters, without what has to be: data, ids, code, and names that stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from auditkit.finding import Measurement
from auditkit.result import AuditResult

_SURNAMES = """
Armitage Bonferroni Brier Chouldechova Clarke Clopper Cochran Cohen Cox Cramer DeLong Donner Dvoretzky Fisher Fleiss
Gladen Greenland Gwet Haenszel Hillis Holm Hosmer Jain Kiefer Kish Kolmogorov Lemeshow Mantel Mises Newcombe Obuchowski
Pearson Platt Rockette Rogan Shapley Simpson Smirnov Spearman Spiegelhalter Student Theil Wald Wallace Wasserstein Welch
Wilson Wolfowitz Woodruff Zou and von
"""
_METHODS = """
ABROCA AC AURC AUROC BCa BaVarIA CAM CORP CRPS DIR DP DeepLift ECCE FGSM Gini Grad INV Jaccard KernelShap LiRA MCGrad
MFT MOVER NDCG PGD ROC Renyi SGD alpha anonymeter beta delta epsilon kappa logit logits map max mid
scaled softmax wild zlib earth mover's distance
"""
_STANDARDS = """
AI AlexNet Annex Art Big CFR CIFAR CSV DICOM Data EU GB HTML IBAN IEC IP ISO IV ImageNet JSON Law Linux Local MAC
MEASURE NHS NIST NYC Python RCNY RMF SHA TF TOML URL UTC auditkit captum dropout fairlearn lambda learn numpy opacus
presidio scikit torch
"""
_FORMULAS = """
DCG FN FNR FP FPR TN TP TPR asin control dz exp ln log max mean min mrn name outcome pi rank rate sqrt sum sup
values gain
"""
NAMES = frozenset(f"{_SURNAMES} {_METHODS} {_STANDARDS} {_FORMULAS}".split())
"""Words that a Chinese page keeps."""

_CODE = re.compile(
    r"""\[[a-z_.\[\]]+\](?:\s[\w.]+)?(?:\s=\s\S+)?  # a place in the spec, and what is written there
    | --[a-z-]+ | [a-z]\w*(?:[._:/-][a-z0-9]\w*)+ | \w+\( | \w+_\w+  # options, ids, functions
    | '[^']*' | “[^”]*” | "[^"]*" """,
    re.VERBOSE,
)
_SETTING = re.compile(r"\w+\s=\s\S+")
_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
_SKIPPED = {"script", "style", "code", "pre", "head"}


class _Visible(HTMLParser):
    """The texts of a page outside of code, data and what says of itself that it is English."""

    _EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col"})

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._EMPTY:
            about = dict(attrs)
            hidden = tag in _SKIPPED or about.get("lang") == "en" or "machine" in (about.get("class") or "").split()
            self._open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(hidden for _, hidden in self._open):
            self.texts.append(" ".join(data.split()))


def left_english(page: str, result: AuditResult) -> set[str]:
    """Words of a page that are neither data, nor code, nor names, each with the text that it stands in."""
    reader = _Visible()
    reader.feed(page)
    known = sorted({one for one in _data_in(result) if one.strip("*")}, key=len, reverse=True)
    data = re.compile("|".join(rf"(?<![A-Za-z]){re.escape(one)}(?![A-Za-z])" for one in known), re.IGNORECASE)
    found = set()
    for text in reader.texts:
        words = [
            one for one in _WORD.findall(_SETTING.sub(" ", data.sub(" ", _CODE.sub(" ", text)))) if one not in NAMES
        ]
        if words:
            found.add(f"{' '.join(words)} | {text[:160]}")
    return found


def _data_in(result: AuditResult) -> Iterator[str]:
    """What a result has from its spec, its data and its plugins: labels, ids, names of files, a rule's reasons."""
    subject, data = result.subject, result.data
    yield from (result.name, subject.adapter, subject.path or "", subject.prediction_type, *subject.classes)
    yield from (subject.class_name or "", data.loader, data.target or "", data.weights or "", *data.positive)
    for rule in result.policy.policy.rules:
        yield from (rule.id, rule.metric, rule.metric.replace("_", " "), rule.because)
    for waiver in result.policy.policy.waivers:
        yield from (waiver.owner, waiver.approved_by or "", waiver.reason)
    yield from (str(one.reason) for one in result.verdict.judgements)
    for split in data.splits:
        yield from (split.name, *([split.file.name] if split.file else ()), *split.target_classes)
        for attribute in split.attributes:
            yield from (attribute.name, *(group.label for group in attribute.groups))
    for finding in result.findings:
        yield from (finding.check, *finding.measures, *finding.options)
        said = [finding.text.msgid, *(card.misleads + card.undefined + card.formula for card in finding.cards)]
        yield from (code for text in said for code in re.findall(r"`([^`]+)`", text))
        for one in finding.measurements:
            yield from _data_of(one)


def _data_of(one: Measurement) -> Iterator[str]:
    yield from (one.metric, one.label or "", one.unit or "")
    yield from (counted.label for counted in one.compared)
    for named in (one.group, one.conditions, one.versus or {}):
        yield from (*named, *named.values())
