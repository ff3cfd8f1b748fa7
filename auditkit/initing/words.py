"""What columns and classes are usually called, in English and in Chinese. Guesses rest on it, and each one says so."""

from __future__ import annotations

import re

TARGETS = frozenset(
    """
    target label labels outcome outcomes class classes diagnosis diagnoses disease y truth ground actual urgency triage
    category specialty sentiment severity finding findings mortality death died readmitted readmission result gold
    risk grade stage entities spans tags reference expected
    """.split()  # noqa: SIM905  forty words are read more easily than forty strings
)
TARGETS_ZH = ("标签", "诊断", "结果", "结局", "类别", "分类", "目标", "情感", "实体", "疾病", "是否")

TEXTS = frozenset(
    """
    text note notes report reports complaint complaints narrative summary sentence document description history message
    question prompt prompts messages conversation remark remarks content body letter findings impression transcript
    comment review
    """.split()  # noqa: SIM905  same
)
TEXTS_ZH = ("文本", "病历", "主诉", "记录", "描述", "内容", "报告", "问题", "评论", "摘要")

GROUPS: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "sex or gender": (frozenset({"sex", "gender"}), ("性别",)),
    "race or ethnicity": (frozenset({"race", "ethnicity", "ethnic", "ethnicgroup"}), ("民族", "种族", "族裔")),
    "religion": (frozenset({"religion", "faith"}), ("宗教",)),
    "nationality or origin": (frozenset({"nationality", "citizenship", "birthplace"}), ("国籍", "籍贯")),
    "language": (frozenset({"language", "mothertongue"}), ("语言", "母语")),
    "disability": (frozenset({"disability", "disabled"}), ("残疾",)),
    "marital status": (frozenset({"marital"}), ("婚姻",)),
    "insurance or income": (frozenset({"insurance", "payer", "income", "deprivation"}), ("医保", "保险", "收入")),
}
"""What is protected -> the words of a column's name, and Chinese parts of one."""
AGES = (frozenset({"age", "ages", "ageband", "agegroup"}), ("年龄",))

UNITS = frozenset({"patient", "patients", "subject", "person", "participant", "member", "mrn", "client"})
UNITS_ZH = ("患者", "病人", "住院号", "病历号", "病案号", "身份证")
IDS = frozenset({"id", "ids", "uid", "uuid", "guid", "index", "key", "no", "number", "mrn", "rowid", "unnamed"})
IDS_ZH = ("编号", "序号", "住院号", "病历号", "病案号", "身份证", "号码")
NAMES = frozenset({"name", "surname", "firstname", "lastname", "phone", "email", "address", "ssn"})
NAMES_ZH = ("姓名", "电话", "地址", "邮箱")
TIMES = frozenset({"time", "date", "datetime", "timestamp", "year", "month", "day", "admitted", "when"})
TIMES_ZH = ("时间", "日期", "年份")
WEIGHTS = ("sample_weight", "sample_weights", "weights", "survey_weight", "row_weight", "case_weight", "抽样权重")
"""A column that is called weight alone may as well hold kilograms."""

POSITIVE = frozenset(
    """
    yes y true 1 positive pos present abnormal disease diseased ill sick malignant urgent emergency severe case event
    dead died death readmitted fraud high critical bad default
    """.split()  # noqa: SIM905  same
) | {"是", "有", "阳性", "异常", "患病", "恶性", "紧急", "急", "重症", "死亡", "高", "真"}
NEGATIVE = frozenset(
    """
    no n false 0 -1 negative neg absent normal healthy well benign routine nonurgent bearable mild control none alive
    survived low noncritical good stable
    """.split()  # noqa: SIM905  same
) | {"否", "无", "阴性", "正常", "健康", "良性", "常规", "普通", "轻症", "存活", "低", "假"}

SEXES = frozenset({"f", "m", "female", "male", "woman", "man", "women", "men", "女", "男", "女性", "男性", "x", "other",
                   "unknown", "u", "o", "nonbinary", "1", "2", "0", "其他", "未知"})  # fmt: skip


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name, small: `AgeBand`, `age_band` and `age band` are age and band."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", parted.casefold()))


def is_called(name: str, words: frozenset[str], parts: tuple[str, ...] = ()) -> bool:
    """Whether a column's name holds one of the words, or one of the Chinese parts."""
    own = words_of(name)
    return bool(words & {*own, "".join(own)}) or any(part in name for part in parts)


def says_yes(label: str) -> bool:
    """Whether a class is called as what is looked for usually is."""
    return _joined(label) in POSITIVE


def says_no(label: str) -> bool:
    """Whether a class is called as its absence usually is."""
    words = words_of(label)
    return _joined(label) in NEGATIVE or (len(words) > 1 and words[0] in {"no", "not", "non", "without"})


def _joined(label: str) -> str:
    return "-1" if label.strip() == "-1" else "".join(words_of(label))
