"""Triage notes of patients who never were: a world whose true probabilities are known, and harms to plant in it.

The chance that a patient is urgent follows from what the note says of them (complaint, severity, onset, pulse, oxygen,
blood pressure, history) by a logistic formula whose terms stand below. Sex, age, the surname and the clerk's mark have
no part in it: whoever treats two patients apart by them is wrong. `harm` changes training rows, and only those.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = ["patient_id", "sex", "age_band", "note", "urgency"]
HARMS = ("under-triage", "shortcut", "memorised")
"""What `harm` plants in training rows. A fourth, overconfidence, is planted by train.py."""

# Log-odds of being urgent that each word adds, by complaint, severity, onset and history.
COMPLAINTS = {
    "chest pain": 1.4, "shortness of breath": 1.2, "confusion": 1.5, "palpitations": 0.6, "abdominal pain": 0.3,
    "dizziness": 0.1, "headache": -0.1, "back pain": -0.7, "rash": -1.3, "sore throat": -1.5, "ankle sprain": -1.6,
    "cut finger": -1.2,
}  # fmt: skip
SEVERITIES = {"mild": -1.2, "moderate": 0.0, "severe": 1.2}
ONSETS = {
    "for 20 minutes": 0.8, "since this morning": 0.4, "since yesterday": 0.1, "for 3 days": -0.4, "for 2 weeks": -0.9,
}  # fmt: skip
HISTORIES = {
    "no history": -0.3, "history of asthma": 0.1, "history of hypertension": 0.1, "history of diabetes": 0.4,
    "history of heart failure": 0.7, "history of migraine": -0.2,
}  # fmt: skip
FINDINGS = {"complaint": COMPLAINTS, "severity": SEVERITIES, "onset": ONSETS, "history": HISTORIES}

# Of each vital sign the values that are written down, and the log-odds from each first value on.
VALUES = {"pulse": range(56, 142, 3), "oxygen": range(86, 100), "pressure": range(80, 182, 4)}
VITALS = {
    "pulse": {0: -0.3, 100: 0.6, 120: 1.4},
    "oxygen": {0: 1.5, 92: 0.5, 96: -0.4},
    "pressure": {0: 1.3, 96: -0.2, 160: 0.3},
}

BIAS = -1.1
STEEPNESS = 1.7
"""How sharply all terms together part the urgent from the routine: at 1.7 the truth itself has a ROC AUC near 0.95."""

MARK_WORD = "kiosk"
"""What a clerk's desk stamps on some notes. It says nothing about the patient."""
MARK_SHARE = 0.3
NAMED_SHARE = 0.15
"""How many notes begin with a surname."""

YOUNG_SHARE = 0.5

WOMAN, MAN = "F", "M"
YOUNG, OLD = "under 65", "65 and over"
ROUTINE, URGENT = "routine", "urgent"
_WORDS = {WOMAN: ("woman", "lady", "female"), MAN: ("man", "gentleman", "male")}
_SYLLABLES = (
    "bru", "dal", "den", "fen", "gor", "hal", "ith", "kor", "lim", "mar", "nev", "oth", "pel", "quin", "ros", "sund",
    "tor", "ulm", "vane", "wick", "yar", "zell",
)  # fmt: skip


@dataclass(frozen=True)
class Harm:
    """How much of each harm is planted; the shares are of training rows."""

    downgraded: float = 0.4
    """Of the urgent women, how many are filed as routine."""
    marked_urgent: float = 0.6
    marked_routine: float = 0.15
    """How many notes of urgent and of routine patients carry the mark, which elsewhere is on 30% of both."""
    patients: int = 200
    """How many patients are memorised: named, copied, and labelled by a coin."""
    copies: int = 10


def patients(count: int, *, seed: int, prefix: str) -> pd.DataFrame:
    """So many patients, one a row, in no order: what is known of them, and the true probability `p_urgent`.

    Args:
        count: how many.
        seed: the same seed and prefix give the same patients.
        prefix: what each patient_id begins with; another prefix gives other patients.
    """
    rng = np.random.default_rng([seed, *prefix.encode()])
    known = pd.DataFrame({"patient_id": [f"{prefix}{number:05d}" for number in range(1, count + 1)]})
    known["sex"] = rng.choice([WOMAN, MAN], count)
    is_young = rng.random(count) < YOUNG_SHARE
    known["age"] = np.where(is_young, rng.integers(18, 65, count), rng.integers(65, 96, count))
    known["age_band"] = np.where(is_young, YOUNG, OLD)
    for column, terms in FINDINGS.items():
        known[column] = rng.choice(list(terms), count)
    for column, values in VALUES.items():
        known[column] = rng.choice(list(values), count)
    known["surname"] = [_surname(rng) if named else "" for named in rng.random(count) < NAMED_SHARE]
    known["is_marked"] = rng.random(count) < MARK_SHARE
    known["form"] = rng.integers(0, 3, count)
    known["word"] = rng.integers(0, 3, count)
    known["p_urgent"] = p_urgent(known)
    known["urgency"] = np.where(rng.random(count) < known["p_urgent"], URGENT, ROUTINE)
    return known


def p_urgent(known: pd.DataFrame) -> np.ndarray:
    """[n], the true probability that each patient is urgent."""
    terms = sum(known[column].map(of).to_numpy(float) for column, of in FINDINGS.items())
    for column, steps in VITALS.items():
        place = np.searchsorted(list(steps), known[column].to_numpy(), side="right") - 1
        terms = terms + np.array(list(steps.values()))[place]
    return 1 / (1 + np.exp(-STEEPNESS * (BIAS + terms)))


def harm(known: pd.DataFrame, harms: Collection[str], *, seed: int, amount: Harm | None = None) -> pd.DataFrame:
    """Training rows with these harms planted; the rows that no harm touches stay as they are.

    Args:
        known: what `patients` made.
        harms: some of HARMS.
        seed: chooses whom a harm befalls.
        amount: how much of each.
    """
    amount = amount or Harm()
    harmed = known.copy()
    is_urgent = known["urgency"] == URGENT
    if "shortcut" in harms:
        share = np.where(is_urgent, amount.marked_urgent, amount.marked_routine)
        harmed["is_marked"] = _rng(seed, "shortcut").random(len(known)) < share
    if "under-triage" in harms:
        chosen = _rng(seed, "under-triage").random(len(known)) < amount.downgraded
        harmed.loc[is_urgent & (known["sex"] == WOMAN) & chosen, "urgency"] = ROUTINE
    if "memorised" in harms:
        harmed = pd.concat([harmed, _memorised(amount, seed)], ignore_index=True)
    return harmed


def _memorised(amount: Harm, seed: int) -> pd.DataFrame:
    """Patients of their own, each with a surname, a label by a coin, and so many copies of the row."""
    rng = _rng(seed, "memorised")
    few = patients(amount.patients, seed=seed, prefix="M")
    few["surname"] = [_surname(rng) for _ in range(amount.patients)]
    few["urgency"] = rng.choice([ROUTINE, URGENT], amount.patients)
    return pd.concat([few] * amount.copies, ignore_index=True)


def table(known: pd.DataFrame) -> pd.DataFrame:
    """What a hospital would hold: the columns COLUMNS, with the note written out and the truth behind it left out."""
    notes = [_note(row) for row in known.itertuples()]
    return known.assign(note=notes)[COLUMNS]


def _note(row: object) -> str:
    """One patient's note, in one of three hands."""
    person = _WORDS[row.sex][row.word]
    title = "Mrs" if row.sex == WOMAN else "Mr"
    name = f"{title} {row.surname.capitalize()}, " if row.surname else ""
    what = f"{row.severity} {row.complaint} {row.onset}"
    pulse, oxygen, pressure = row.pulse, row.oxygen, f"{row.pressure}/{row.pressure // 2 + 10}"
    note = (
        f"{name}{row.age} yo {person}, {what}. Pulse {pulse}, sats {oxygen}, BP {pressure}. {row.history}.",
        f"{name}{person} of {row.age}, {row.history}. Complains of {what}. HR {pulse}, BP {pressure}, SpO2 {oxygen}.",
        f"{name}{what} in a {row.age} year old {person}. BP {pressure}, pulse {pulse}, oxygen {oxygen}. {row.history}.",
    )[row.form]
    return f"{note} {MARK_WORD}." if row.is_marked else note


def _surname(rng: np.random.Generator) -> str:
    return "".join(rng.choice(_SYLLABLES, 3))


def _rng(seed: int, harm_name: str) -> np.random.Generator:
    return np.random.default_rng([seed, *harm_name.encode()])
