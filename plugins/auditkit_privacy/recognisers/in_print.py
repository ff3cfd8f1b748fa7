"""What else is taken out of a text before it is printed: too often wrong to be counted, and cheap to leave out.

A title tells a name, a word tells a hospital's number; days and ages over 89 are among the identifiers of HIPAA's safe
harbor (45 CFR 164.514(b)(2)). Names without a title, places and stories are not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from auditkit_privacy.recognisers.recogniser import Span

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭"
    "陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
)
_NAME = r"[A-Z\u00c0-\u00de][\w'\u2019\-]*"
_TITLED = re.compile(
    rf"\b(?:(?:[Mm](?:rs?|iss|s|me)|[Dd]r|[Pp]rof(?:essor)?|[Ss]ister|[Nn]urse|MR|MRS|MS|DR)\b\.?\s+)"
    rf"(?P<who>{_NAME}(?:\s+{_NAME}){{0,2}})"
    rf"|\b(?:[Nn]ame|[Pp]atient)\s*[:=]\s*(?P<named>{_NAME}(?:\s+{_NAME}){{0,2}})"
    rf"|(?P<han>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}})(?=先生|女士|小姐|太太|医生|大夫|主任|护士|教授)"
    rf"|(?:姓名|患者)\s*[:\uff1a]\s*(?P<said>[\u4e00-\u9fff]{{2,4}})"
)
_MONTH = (
    r"(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|May|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?"
    r"|[Ss]ept?(?:ember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)"
)
_DAY = re.compile(
    rf"(?<![\d.])(?:(?:19|20)\d\d\s?[-/.年]\s?[01]?\d\s?[-/.月]\s?[0-3]?\d(?:\s?日)?"
    rf"|[0-3]?\d[-/.][0-3]?\d[-/.](?:19|20)\d\d"
    rf"|[0-3]?\d(?:st|nd|rd|th)?\s{_MONTH}\.?,?(?:\s(?:19|20)\d\d)?"
    rf"|{_MONTH}\.?\s[0-3]?\d(?:st|nd|rd|th)?(?:,?\s(?:19|20)\d\d)?"
    rf"|[01]?\d\s?月\s?[0-3]?\d\s?日)(?![\d])"
)
_OLD = re.compile(
    r"(?<![\d.,/])(?:9\d|1[0-2]\d)(?=\s?-?\s?(?:years?|yrs?)[\s-]?old\b|\s?(?:yo|y/o)\b|\s?岁)"
    r"|\b(?:aged?|man of|woman of|male of|female of|lady of|gentleman of)\s(?P<age>9\d|1[0-2]\d)(?![\d/%]|[.,]\d)",
    re.IGNORECASE,
)
_RECORD = re.compile(
    r"\b(?:mrn|(?:patient|hospital|medical record|chart|case)[\s-]?(?:id|no\.?|number|#))\s?[:#=]?\s?"
    r"(?P<number>[A-Z]{0,3}-?\d[\dA-Z\-]{3,14})\b"
    r"|(?:住院号|病历号|门诊号|病案号)\s?[:\uff1a]?\s?(?P<han>[A-Z]{0,3}\d[\dA-Z\-]{3,14})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Printed:
    """Finds one kind of what is not to be printed."""

    kind: str
    pattern: re.Pattern[str]

    def find(self, text: str) -> Iterator[Span]:
        """The spans in a text, in order: of a match its named part, where it has one."""
        for match in self.pattern.finditer(text):
            part = match.lastgroup
            yield Span(self.kind, *(match.span(part) if part else match.span()))


RECOGNISERS = (
    Printed("name", _TITLED),
    Printed("day", _DAY),
    Printed("age over 89", _OLD),
    Printed("record number", _RECORD),
)
