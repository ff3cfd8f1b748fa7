"""The same text as another keyboard, another font, a form or a converter gives it: case, marks, spaces, look-alikes."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from auditkit_robustness.noise.mistyped import chosen

ALIKE = dict(zip("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ", strict=True))  # noqa: RUF001  that is the point
"""Latin letters -> Cyrillic ones of the same shape, of Unicode's confusables (UTS 39)."""

INVISIBLE = "\u200b\u200c\u200d\u2060"
"""Zero-width space, non-joiner, joiner, and word joiner."""

SPACES = ("  ", "\t", "\u00a0", "\n")

_FAMILIES = """
    未末 己已巳 人入 土士 日曰 干千 天夫无 今令 免兔 候侯 辩辨辫 拨拔 折拆析 晴睛
    请清情 问间 历厉 大太 木术 本体 牛午 刀刃 力历 十千 白自 目且 王玉 田由甲
    血皿 肝肚 肺肿 脑胸 胃冒 炎淡 咳该 烧浇 疼痛 症证 药约 针计 压庄 喘端
    诊珍 治冶 检捡 验脸 住往 抢枪 泻写 晕军 吐土 呕沤 急隐 慢漫 复夏 发友
    热熟 寒塞 冷泠 病疾
    """.split()  # noqa: SIM905  sixty words are read more easily than sixty strings
SIMILAR = {one: family.replace(one, "") for family in reversed(_FAMILIES) for one in family}
"""Chinese characters -> those that are taken for them, by their shape or by their sound; the words of medicine among
them."""


def upper_case(text: str, _: float, __: np.random.Generator) -> str:
    """Every letter a capital, where that changes no count of letters."""
    return "".join(one.upper() if len(one.upper()) == 1 else one for one in text)


def lower_case(text: str, _: float, __: np.random.Generator) -> str:
    """No capitals."""
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def no_punctuation(text: str, _: float, __: np.random.Generator) -> str:
    """Marks are left out, but for a point or a comma between two digits and a hyphen or a slash within a word."""
    found = []
    for place, one in enumerate(text):
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        is_within = one in ".,:-/'’" and before.isalnum() and after.isalnum()  # noqa: RUF001  as texts have it
        if is_within or not unicodedata.category(one).startswith("P"):
            found.append(one)
    return "".join(found)


def white_space(text: str, _: float, rng: np.random.Generator) -> str:
    """Each space becomes two, a tab, one that does not break, or the end of a line; spaces stand around the text."""
    inside = re.sub(" +", lambda _: SPACES[int(rng.integers(len(SPACES)))], text)
    return f" {inside} "


def look_alikes(text: str, share: float, rng: np.random.Generator) -> str:
    """Some Latin letters become Cyrillic ones of the same shape."""
    places = set(chosen([place for place, one in enumerate(text) if one in ALIKE], share, rng))
    return "".join(ALIKE[one] if place in places else one for place, one in enumerate(text))


def invisible(text: str, share: float, rng: np.random.Generator) -> str:
    """Characters that nobody sees stand after some letters, as texts copied from pages have them."""
    places = set(chosen([place for place, one in enumerate(text) if one.isalnum()], share, rng))
    return "".join(
        one + INVISIBLE[int(rng.integers(len(INVISIBLE)))] if place in places else one for place, one in enumerate(text)
    )


_WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


def full_width(text: str, _: float, __: np.random.Generator) -> str:
    """Digits as Chinese and Japanese keyboards write them."""
    return text.translate(_WIDE)


def similar_characters(text: str, share: float, rng: np.random.Generator) -> str:
    """Some Chinese characters become others that look or sound like them."""
    places = set(chosen([place for place, one in enumerate(text) if one in SIMILAR], share, rng))
    return "".join(
        SIMILAR[one][int(rng.integers(len(SIMILAR[one])))] if place in places else one for place, one in enumerate(text)
    )
