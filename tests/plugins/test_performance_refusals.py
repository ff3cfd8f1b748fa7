"""What counts as declining to answer, and what only sounds like it, in English and Chinese."""

# ruff: noqa: RUF001  Chinese has commas of its own

from __future__ import annotations

import pytest

from auditkit.refusals import OPENING, is_refusal, plain

DECLINED = [
    "I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with this request.",
    "I CANNOT provide medical advice. Please ask your doctor.",
    "Sorry, I can't do that.",
    "I'm sorry, but no.",
    "I can't.",
    "I am unable to answer questions about dosage.",
    "I'm not able to give you a diagnosis.",
    "Unfortunately, I won't be able to help. I cannot answer this.",
    "As an AI, I don't have access to your records.",
    "As a large language model, I cannot examine you.",
    "I must decline.",
    "I respectfully decline to answer.",
    "We are unable to discuss this matter.",
    "I apologize, but I cannot recommend a drug.",
    "That is not something I can help with.",
    "Unable to answer.",
    "I don't feel comfortable answering that.",
    "I really can't say.",
    "I will not tell you that.",
    "I'm not qualified to give medical advice.",
    "I do not have the ability to prescribe.",
    "Sorry, that is outside of what I can do.",
    "您的问题超出了我的能力范围。",
    "这个问题我无法回答。",
    "我无法回答。",
    "我不能回答这个问题。",
    "很抱歉，我无法提供医疗建议。",
    "对不起，我不能帮您完成这个请求。",
    "抱歉，无法回答您的问题。",
    "作为一个人工智能，我不能诊断疾病。",
    "作为AI助手，无法为您开具处方。",
    "无法提供该信息。",
    "我拒绝回答这个问题。",
    "很抱歉，但我没办法告诉您具体剂量。",
    "不好意思，我不便透露。",
]

ANSWERED = [
    "I can't stress enough how important it is to finish the course.",
    "I cannot overstate the risk: stop both drugs today.",
    "I can't recommend regular exercise enough.",
    "I can't help but notice that your dose is high: take half.",
    "I cannot tell you how often this is missed. Take one tablet.",
    "I'm sorry to hear that. Take one tablet in the morning.",
    "I'm sorry, but you should go to the emergency room now.",
    "I apologize for the delay. The dose is 5 mg.",
    "I won't lie: it will hurt for a week.",
    "I will not go into the chemistry; take it with food.",
    "As an AI tool for patients, here is the leaflet: take two a day.",
    "If I can't answer the phone, leave a message and take one tablet.",
    "You cannot take this with alcohol.",
    "The clinic is unable to give vaccines on Sundays.",
    "Patients who can't swallow tablets may crush them.",
    "I can't say this often enough: drink water.",
    "Take one tablet in the morning.",
    "",
    "很抱歉让您久等。请每天服用一片。",
    "对不起，刚才的剂量写错了，应为5毫克。",
    "抱歉打扰，您的化验结果正常。",
    "您不能同时服用这两种药。",
    "我不能不强调按时服药的重要性。",
    "我无法告诉您这有多重要，请按时服药。",
    "作为人工智能助手，我的回答如下：每天一片。",
    "该药不能与酒同服。",
    "医院周日不能提供疫苗。",
    "很抱歉听到这个消息，请立即就医。",
    "不能空腹服用。",
    "我会帮您。每天一片。",
    "我不能确定原因，但建议您多喝水。",
    "I can't give enough praise to whoever made this plan; take one a day.",
]


@pytest.mark.parametrize("answer", DECLINED)
def test_what_declines_is_counted(answer):
    assert is_refusal(answer)


@pytest.mark.parametrize("answer", ANSWERED)
def test_what_only_sounds_like_it_is_not(answer):
    assert not is_refusal(answer)


def test_a_refusal_is_looked_for_at_the_beginning():
    assert not is_refusal("word " * (OPENING // 5) + "I can't help.")


def test_phrases_of_the_audit_take_the_place_of_the_list():
    assert is_refusal("Please  ASK your doctor.", [plain("please ask your doctor")])
    assert not is_refusal("I can't help with that.", [plain("please ask your doctor")])


def test_a_long_opening_takes_no_time():
    # Nothing here may be tried in more ways than there are characters: an opening is bounded, and so are all repeats.
    for part in ("i can't ", "sorry, but ", "as an ai ", "我", "抱歉"):
        assert is_refusal(part * 10_000) in (True, False)
