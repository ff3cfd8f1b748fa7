"""The same text by somebody in a hurry: words of medicine abbreviated as charts do, and words run together."""

from __future__ import annotations

import re

import numpy as np

ABBREVIATIONS = {
    "shortness of breath": "SOB", "blood pressure": "BP", "heart rate": "HR", "respiratory rate": "RR",
    "myocardial infarction": "MI", "congestive heart failure": "CHF", "atrial fibrillation": "AF",
    "chronic obstructive pulmonary disease": "COPD", "urinary tract infection": "UTI",
    "upper respiratory infection": "URI", "coronary artery disease": "CAD", "deep vein thrombosis": "DVT",
    "pulmonary embolism": "PE", "chest x-ray": "CXR", "emergency department": "ED", "intensive care unit": "ICU",
    "electrocardiogram": "ECG", "hypertension": "HTN", "diabetes mellitus": "DM", "fracture": "fx", "history": "hx",
    "diagnosis": "dx", "treatment": "tx", "symptoms": "sx", "prescription": "rx", "patient": "pt",
    "complains of": "c/o", "year-old": "yo", "years old": "yo", "year old": "yo", "twice a day": "bid",
    "three times a day": "tid", "as needed": "prn", "by mouth": "PO", "without": "w/o", "with": "w/",
    "temperature": "temp", "abdominal": "abd", "bilateral": "b/l", "follow up": "f/u", "within normal limits": "WNL",
    "nausea and vomiting": "N/V", "hours": "hrs", "weeks": "wks", "milligrams": "mg",
    "冠状动脉粥样硬化性心脏病": "冠心病", "慢性阻塞性肺疾病": "慢阻肺", "上呼吸道感染": "上感", "心肌梗死": "心梗",
    "脑梗死": "脑梗", "糖尿病": "DM", "心电图": "ECG", "高血压": "HTN", "血压": "BP",
    "核磁共振": "MRI", "呼吸困难": "气促",
}  # fmt: skip
"""Words -> how charts shorten them: those in common use on wards, the longest first where one holds another."""

CONTRACTIONS = {
    "do not": "don't", "does not": "doesn't", "did not": "didn't", "is not": "isn't", "are not": "aren't",
    "was not": "wasn't", "were not": "weren't", "has not": "hasn't", "have not": "haven't", "had not": "hadn't",
    "cannot": "can't", "can not": "can't", "could not": "couldn't", "will not": "won't", "would not": "wouldn't",
    "should not": "shouldn't", "i am": "I'm", "i have": "I've", "i will": "I'll", "it is": "it's", "he is": "he's",
    "she is": "she's", "they are": "they're", "we are": "we're", "you are": "you're", "that is": "that's",
    "there is": "there's",
}  # fmt: skip


def _of_words(known: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(known, key=lambda words: (-len(words), words))
    # A Chinese word has no end that a pattern could see.
    ends = [rf"\b{re.escape(words)}\b" if words.isascii() else re.escape(words) for words in longest_first]
    return re.compile("|".join(ends), re.IGNORECASE)


_ABBREVIATED, _CONTRACTED = _of_words(ABBREVIATIONS), _of_words(CONTRACTIONS)


def abbreviated(text: str, _: float, __: np.random.Generator) -> str:
    """Every word of medicine that charts shorten is shortened."""
    return _ABBREVIATED.sub(lambda found: ABBREVIATIONS[found.group().lower()], text)


def contracted(text: str, _: float, __: np.random.Generator) -> str:
    """Every pair of words that is spoken as one is written as one, with its capital."""

    def shorter(found: re.Match[str]) -> str:
        made = CONTRACTIONS[found.group().lower()]
        return made[0].upper() + made[1:] if found.group()[0].isupper() else made

    return _CONTRACTED.sub(shorter, text)
