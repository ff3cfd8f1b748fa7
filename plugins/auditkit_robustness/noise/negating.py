"""Negating what a note affirms, by a finite list of patterns and findings, in English and Chinese; else not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

FINDINGS = (
    "abdominal pain", "anaemia", "anemia", "back pain", "belly pain", "bleeding", "blurred vision", "breathlessness",
    "chest pain", "chest tightness", "chills", "confusion", "constipation", "cough", "diarrhea", "diarrhoea",
    "difficulty breathing", "dizziness", "dyspnea", "dyspnoea", "fatigue", "fever", "headache", "jaundice",
    "joint pain", "nausea", "neck stiffness", "night sweats", "numbness", "pain", "palpitations", "rash",
    "seizures", "shortness of breath", "sore throat", "sweating", "swelling", "syncope", "vomiting", "weakness",
    "weight loss", "wheezing",
)  # fmt: skip
"""English words for what a patient may have; a longer one goes before one that is part of it."""

CHINESE_FINDINGS = (
    "胸痛", "腹痛", "头痛", "背痛", "腰痛", "咽痛", "关节痛", "疼痛", "胸闷", "气促", "气短",
    "呼吸困难", "发热", "发烧", "寒战", "咳嗽", "咳痰", "咯血", "恶心", "呕吐", "腹泻", "便秘", "便血",
    "头晕", "晕厥", "乏力", "心悸", "皮疹", "水肿", "黄疸", "盗汗", "出血", "抽搐", "麻木",
    "意识模糊", "视物模糊", "体重下降", "消瘦",
)  # fmt: skip

_ADJECTIVES = "acute|chronic|dull|intermittent|mild|moderate|new|persistent|severe|sharp|sudden"
_VERBS = {
    "has": "has no", "have": "have no", "with": "without", "there is": "there is no",
    "reports": "denies", "reported": "denied", "describes": "denies", "described": "denied",
    "complains of": "denies", "complained of": "denied", "complaining of": "denying",
    "presents with": "presents without", "presented with": "presented without",
    "suffers from": "does not suffer from",
}  # fmt: skip
_CHINESE_VERBS = {
    "主诉": "否认", "自述": "否认", "诉有": "否认", "诉": "否认", "出现": "未出现", "伴有": "不伴",
    "伴": "不伴", "患有": "未患", "有": "无",
}  # fmt: skip
_CHINESE_ADJECTIVES = "剧烈|明显|轻度|轻微|中度|重度|严重|持续|阵发性|反复|突发"
_NOT_AFTER = (
    r"(?!\s*-?\s*(?:relief|relievers?|free|killers?|scores?|scale|control|management|medication|clinic|history)\b)"
)
_NOT_AFTER_CHINESE = "(?!史|评分|缓解|药|科)"
"""Then the word is part of another."""
_NOT_BEFORE = "没未无不否"
"""After one of these a Chinese verb affirms nothing."""


_ABOUT_OTHERS = re.compile(
    r"\b(?:if|unless|until|should|could|may|might|mother|father|sister|brother|wife|husband|family)\b"
    "|如果|如有|若|可能|母亲|父亲|家族|丈夫|妻子",
    re.IGNORECASE,
)
"""Then what is affirmed may be somebody else's, or nobody's."""


_DENIED_BEFORE = re.compile(
    r"\b(?:no|not|never|nor|neither|without|den(?:y|ies|ied|ying)|whether|cannot)\b|n't\b|[没未无不]|否认",
    re.IGNORECASE,
)
_GONE_AFTER = re.compile(
    r"\b(?:resolved|resolving|subsided|improved|gone|absent|negative|ruled\s+out|relieved|stopped|or\s+not)\b"
    "|缓解|消失|好转|减轻|已退|停止|与否",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.,;:!?。,、;:!?\n]")


def negated(text: str, findings: Iterable[str] = ()) -> str | None:
    """The text with every finding denied that it affirms by a known pattern; None: there is none, or no clear one.

    "has severe chest pain" becomes "has no severe chest pain", "诉胸痛" becomes "否认胸痛". Left alone are texts in
    which a list goes on after what is affirmed ("has fever and cough", "有发热、咳嗽"), and those that speak of a
    family, or of what may be, or where the same clause denies something or says that it is over: what to deny would be
    a guess.

    Args:
        text: a note.
        findings: further words for findings, beside `FINDINGS` and `CHINESE_FINDINGS`.
    """
    english, chinese, goes_on = _patterns(tuple(findings))
    affirmed = [*english.finditer(text), *chinese.finditer(text)]
    if not affirmed or _ABOUT_OTHERS.search(text):
        return None
    if any(goes_on.match(text, one.end()) or not _stands_alone(text, one) for one in affirmed):
        return None
    return chinese.sub(_deny_chinese, english.sub(_deny, text))


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    """Whether nothing else in its clause denies what is found, or says that it is over."""
    before, after = _CLAUSE.split(text[: found.start()])[-1], _CLAUSE.split(text[found.end() :], maxsplit=1)[0]
    return not _DENIED_BEFORE.search(before) and not _GONE_AFTER.search(after)


def _deny(found: re.Match[str]) -> str:
    verb, adjective, finding = found["verb"], found["adjective"] or "", found["finding"]
    denied = _VERBS[" ".join(verb.lower().split())]
    return f"{denied[0].upper() if verb[0].isupper() else denied[0]}{denied[1:]} {adjective}{finding}"


def _deny_chinese(found: re.Match[str]) -> str:
    return f"{_CHINESE_VERBS[found['verb']]}{found['adjective'] or ''}{found['finding']}"


@lru_cache(maxsize=8)
def _patterns(more: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    own = [re.escape(one) for one in sorted({*FINDINGS, *(one.lower() for one in more if one.isascii())}, key=_long)]
    others = {*CHINESE_FINDINGS, *(one for one in more if not one.isascii())}
    hans = [re.escape(one) for one in sorted(others, key=_long)]
    finding, verbs = "|".join(own), "|".join(one.replace(" ", r"\s+") for one in sorted(_VERBS, key=_long))
    han, han_verbs = "|".join(hans), "|".join(sorted(_CHINESE_VERBS, key=_long))
    english = re.compile(
        rf"\b(?P<verb>{verbs})\s+(?:an?\s+|some\s+)?(?P<adjective>(?:(?:{_ADJECTIVES})\s+)*)(?P<finding>{finding})\b{_NOT_AFTER}",
        re.IGNORECASE,
    )
    chinese = re.compile(
        rf"(?<![{_NOT_BEFORE}])(?P<verb>{han_verbs})(?P<adjective>(?:{_CHINESE_ADJECTIVES})*)(?P<finding>{han}){_NOT_AFTER_CHINESE}"
    )
    goes_on = re.compile(
        rf"\s*(?:,|;|/|and\b|or\b|but\b|with\b)\s*(?:and\s+|or\s+|an?\s+|some\s+|also\s+)*(?:(?:{_ADJECTIVES})\s+)*(?:{finding})\b"
        rf"|\s*(?:、|,|,|和|及|与|或|伴有?|并)(?:{_CHINESE_ADJECTIVES})*(?:{han})",
        re.IGNORECASE,
    )
    return english, chinese, goes_on


def _long(word: str) -> tuple[int, str]:
    return -len(word), word
