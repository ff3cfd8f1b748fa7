"""What is taken out of a text before it is printed, besides what is counted as personal data."""

from __future__ import annotations

import pytest

from auditkit.redacting import personal_in, redacted
from auditkit_privacy.recognisers import RECOGNISERS
from auditkit_privacy.recognisers.in_print import RECOGNISERS as IN_PRINT


def printed(text: str) -> str:
    return redacted(text, personal_in(text, (*RECOGNISERS, *IN_PRINT)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mrs Pelgordal, 76 yo lady", "Mrs [name], 76 yo lady"),
        ("seen by Dr. Anna O'Neil today", "seen by Dr. [name] today"),
        ("Patient: Jo Ann Fenbrufen; cough", "Patient: [name]; cough"),
        ("王小明先生发热三天", "[name]先生发热三天"),
        ("姓名\uff1a欧阳明 男", "姓名\uff1a[name] 男"),
        ("born 1931-04-05 in town", "born [day] in town"),
        ("on 5 March 2024 and 12/11/2023", "on [day] and [day]"),
        ("March 5, 2024: fever", "[day]: fever"),
        ("2024年3月5日入院", "[day]入院"),
        ("a 93-year-old man", "a [age over 89]-year-old man"),
        ("male of 95, no history", "male of [age over 89], no history"),
        ("老人102岁", "老人[age over 89]岁"),
        ("MRN: 0045121, sats 97", "MRN: [record number], sats 97"),
        ("住院号\uff1aA123456", "住院号\uff1a[record number]"),
        ("Dr Lee: a.b@example.org", "Dr [name]: [e-mail address]"),
    ],
)
def test_who_it_is_about_gives_way_to_its_kind(text, said) -> None:
    assert printed(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "severe back pain for 3 days in a 62 year old man. BP 144/82, pulse 95, oxygen 99.",
        "sats 97, HR 110, BP 132/76, SpO2 95",
        "Dr to review; Mrs was seen at home",
        "may 3 tablets be taken? 3 may do",
        "发热三天\uff0c血压 95/60\uff0c心率 110",
        "grade 3.4.2 of the score, 2 x 500 mg",
    ],
)
def test_findings_and_doses_stay(text) -> None:
    assert printed(text) == text
