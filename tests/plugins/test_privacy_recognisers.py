"""What counts as personal data in a text: by hand, by presidio's own examples, and not in notes full of numbers."""

from __future__ import annotations

import itertools

import pytest

from auditkit_privacy.personal.column_names import looks_identifying
from auditkit_privacy.recognisers import scan, value_of
from auditkit_privacy.recognisers.check_digits import iban, luhn, nhs, resident_id
from auditkit_privacy.recognisers.secret_keys import entropy


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in scan(text)]


def kinds(text: str) -> list[str]:
    return [kind for kind, _ in found(text)]


def test_check_digits_by_hand():
    assert luhn("79927398713")  # 7+9+9+4+7+6+9+7+7+2+3 = 70
    assert not luhn("79927398710")
    assert nhs("9434765919")  # 9*10+4*9+3*8+4*7+7*6+6*5+5*4+9*3+1*2 = 299; 299 mod 11 = 2; 11 - 2 = 9
    assert not nhs("9434765918")
    assert iban("GB82WEST12345698765432")  # the example of ISO 13616
    assert not iban("GB82WEST12345698765431")
    # GB 11643's own example: the weighted sum is 167, 167 mod 11 = 2, and the sign for 2 is X.
    assert resident_id("11010519491231002X")
    assert not resident_id("110105194912310021")
    assert not resident_id("11010519490231002X")  # no 31st of February


def test_ten_of_eleven_numbers_have_no_nhs_check_digit_and_nine_of_ten_no_luhn():
    numbers = [f"{400_000_0000 + step * 7_919}" for step in range(11_000)]
    assert sum(map(nhs, numbers)) == pytest.approx(11_000 / 11, rel=0.1)
    assert sum(map(luhn, numbers)) == pytest.approx(11_000 / 10, rel=0.1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Write to A.Jones+ward@mail.example.org.", [("e-mail address", "A.Jones+ward@mail.example.org")]),
        ("请发邮件至zhang.wei@example.com谢谢", [("e-mail address", "zhang.wei@example.com")]),
        (
            "手机13812345678 备用+86 139 1234 5678",
            [("phone number", "13812345678"), ("phone number", "+86 139 1234 5678")],
        ),
        ("联系电话 010-65123456", [("phone number", "010-65123456")]),
        ("Tel. 020 7946 0958", [("phone number", "020 7946 0958")]),
        ("call (202) 555-0143 or 202.555.0199", [("phone number", "(202) 555-0143"), ("phone number", "202.555.0199")]),
        ("身份证号11010519491231002x已核对", [("Chinese resident ID", "11010519491231002x")]),
        ("SSN 536-90-4399", [("US social security number", "536-90-4399")]),
        ("ssn: 536904399", [("US social security number", "536904399")]),
        ("NHS no. 9434765919", [("NHS number", "9434765919")]),
        ("number 943 476 5919", [("NHS number", "943 476 5919")]),
        ("IBAN GB82 WEST 1234 5698 7654 32.", [("IBAN", "GB82 WEST 1234 5698 7654 32")]),
        ("paid with 4111 1111 1111 1111", [("payment card", "4111 1111 1111 1111")]),
        (
            "from 203.0.113.7, mac 00:1A:2B:3C:4D:5E",
            [("IP address", "203.0.113.7"), ("MAC address", "00:1A:2B:3C:4D:5E")],
        ),
        ("via 2001:db8::8a2e:370:7334", [("IP address", "2001:db8::8a2e:370:7334")]),
        ("see https://jo:hunter2@db.example.org/x", [("credentials in a URL", "https://jo:hunter2@db.example.org")]),
        ("AKIAIOSFODNN7EXAMPLE", [("secret key", "AKIAIOSFODNN7EXAMPLE")]),
        ("-----BEGIN RSA PRIVATE KEY-----", [("secret key", "-----BEGIN RSA PRIVATE KEY-----")]),
        ("api_key = 'q8Zt4Lw0Rk2Vn6Xs9Yb3'", [("secret key", "api_key = 'q8Zt4Lw0Rk2Vn6Xs9Yb3")]),
    ],
)
def test_personal_data_is_found_where_it_stands(text, wanted):
    assert found(text) == wanted


NOTES = """
BP 138/86 mmHg, HR 92, RR 18, SpO2 97% on 2 L, temp 38.4 C at 14:32:10 on 2024-03-17 08:15.
Accession 20240317001234. Accession no. 13912345678. Order 4111111111111111; specimen 943 476 5919.
CT of the abdomen, UID 1.2.840.113619.2.55.3.2831868886.123; software version 4.10.2.1; build 10.0.0.12.
Metformin 500 mg 1-0-1, enoxaparin 40 mg/0.4 mL, 0.9% NaCl 1000 ml; heparin 5000-10000 IU.
Na 138, K 4.2, creatinine 1.12 mg/dL (0.70-1.20), platelets 250,000, WBC 11.2 x10^9/L, ratio 1:128:256.
Seen 03/17/2024, 17.03.2024 and 2024.03.17; called on 2024-03-17; next in 2-3 weeks, 10-12-2024.
Lot 0012-3456-789; NCT01234567; ICD-10 E11.9; SNOMED 73211009; LOINC 2345-7; ISBN 978-3-16-148410-0.
pH 7.35 - 7.45, CHA2DS2-VASc 4, EF 55-60 %, 3.14159265358979, 1234567890123, 2024031712345678.
localhost is 127.0.0.1; https://example.org/a:b@c is a page; the token is given at the desk and the password is secret.
患者于2024年3月17日入院 体温38.5℃ 血压120/80mmHg 脉搏92次/分 白细胞11.2*10^9/L 血小板250000
检查号20240317000123 标本号13912345678 条码 13812345678 门诊号0001234567 阿司匹林100mg每日一次
""".strip().splitlines()


@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_notes_full_of_numbers_hold_none(note):
    assert found(note) == []


@pytest.mark.parametrize(
    "text",
    [
        "666-12-3456 900-12-3456 000-12-3456 536-00-4399 536-90-0000 078-05-1120 219-09-9999",
        "4111 1111 1111 1112", "4012-8888-8888-1882", "0000 0000 0000 0000", "11010519491231002", "99010519491231002X",
        "GB82 WEST 1234 5698 7654 33", "user@host", "a@b.c0m", "256.1.1.1", "12:30:45",
        "01-02-03-04-05-06", "ff:ff:ff:ff:ff:ff", "+12 34", "x13812345678", "3.13812345678", "12223334444",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_not_counted(text):
    assert found(text) == []


PRESIDIO = [
    ("info@presidio.site", "e-mail address", [(0, 18)]),
    (
        "try one of these emails: info@presidio.site or anotherinfo@presidio.site",
        "e-mail address",
        [(25, 43), (47, 72)],
    ),
    ("a@xn--d1acufc.xn--p1ai", "e-mail address", [(0, 22)]),
    ("my email is info@presidio.", "e-mail address", []),
    ("microsoft.com 192.168.0.1", "IP address", [(14, 25)]),
    ("my ip: 192.168.0", "IP address", []),
    ("my ip: 684D:1111:222:3333:4444:5555:6:77", "IP address", [(7, 40)]),
    ("684D:1111:222:3333:4444:5555:77", "IP address", []),
    ("fe80::1%eth0", "IP address", [(0, 12)]),
    ("Mapped: ::ffff:192.168.1.1", "IP address", [(8, 26)]),
    ("4012888888881881 4012-8888-8888-1881 4012 8888 8888 1881", "payment card", [(0, 16), (17, 36), (37, 56)]),
    ("371449635398431", "payment card", [(0, 15)]),
    ("30569309025904", "payment card", [(0, 14)]),
    ("6759649826438453", "payment card", [(0, 16)]),
    ("36168002586008", "payment card", []),
    ("078-05-1123", "US social security number", [(0, 11)]),
    ("078-05-0000", "US social security number", []),
    ("AL47 2121 1009 0000 0002 3569 8741", "IBAN", [(0, 34)]),
    ("AL47 2121 1009 0000 0002 3569 8740", "IBAN", []),
    ("BY13NBRB3600900000002Z00AB00", "IBAN", [(0, 28)]),
    ("Dash as iban separator: AL47-2121-1009-0000-0002-3569-8741", "IBAN", [(24, 58)]),
    ("MACs: 00:11:22:33:44:55 and AA-BB-CC-DD-EE-FF", "MAC address", [(6, 23), (28, 45)]),
    ("Cisco MAC: 0012.3456.789A", "MAC address", [(11, 25)]),
    ("Mixed test cases for hyphens and colons: 10:2F:33-AC-29-C3", "MAC address", []),
    ("221 395 1837", "NHS number", [(0, 12)]),
    ("401-023-2138", "NHS number", []),
    (
        "My US number is (415) 555-0132, and my international one is +1 415 555 0132",
        "phone number",
        [(16, 30), (60, 75)],
    ),
    ("Brazil: +55 11 98456 5666", "phone number", [(8, 25)]),
    ("My CN number is 13812345678", "phone number", [(16, 27)]),
]


@pytest.mark.parametrize(("text", "kind", "spans"), PRESIDIO)
def test_spans_are_those_of_presidio(text, kind, spans):
    """Pairs of presidio-analyzer's tests (MIT), commit 0aa9f8e4. Of its 531 such pairs 41 differ, all by design."""
    assert [(span.start, span.end) for span in scan(text) if span.kind == kind] == spans


def test_two_spellings_of_a_number_are_one_value():
    texts = ["+1 (415) 555-0132", "415.555.0132", "(415) 555-0132"]
    values = {value_of(span, text) for text in texts for span in scan(text)}
    assert values == {("phone number", "4155550132")}
    assert {value_of(s, t) for t in ("+86 138 1234 5678", "13812345678") for s in scan(t)} == {
        ("phone number", "13812345678")
    }


def test_spans_do_not_overlap():
    text = "https://jo:pw@203.0.113.7/ jo:pw@example.org 11010519491231002X"
    spans = scan(text)
    assert kinds(text) == ["credentials in a URL", "e-mail address", "Chinese resident ID"]
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))


def test_entropy_by_hand():
    assert entropy("aabb") == 1.0
    assert entropy("abcd") == 2.0


@pytest.mark.parametrize(
    "name", ["name", "Patient Name", "lastName", "MRN", "patient_id", "dateOfBirth", "患者姓名", "e_mail"]
)
def test_names_of_direct_identifiers_are_noticed(name):
    assert looks_identifying(name)


@pytest.mark.parametrize(
    "name", ["drug_name", "age", "ward name", "note", "sex_code", "mrna_level", "shipping", "体温"]
)
def test_other_names_are_not(name):
    assert not looks_identifying(name)
