"""A result in which every name is one word."""

from __future__ import annotations

from auditkit.document import Text
from auditkit.finding import Chart, Finding, GroupCount, MetricCard, Series, Table
from auditkit.policy import Policy, Rule, Waiver
from auditkit.result import Attribute, AuditResult, GroupSize, JudgedPolicy, Judgement, NotLookedAt
from auditkit.testing.results import measured, toy_result


def drenched(word: str) -> AuditResult:
    """A result in which every name is the hostile word."""
    toy = toy_result()
    text = Text(msgid="said: {word}", params={"word": word})
    measurement = measured(word, 0.3, 40, 0.2, 0.4, group={word: word}, label=word, conditions={word: word}, unit=word)
    gap = measured(
        "accuracy", 0.3, 40, 0.2, 0.4, group={word: "*"}, compared=(GroupCount(label=word, n=3, compared=True),)
    )
    chart = Chart(kind="line", title=text, x_label=text, y_label=text, series=(Series(name=word, x=(0, 1), y=(0, 2)),))
    table = Table(title=text, columns=(text,), rows=((word,),))
    card = MetricCard(
        name=word, title=word, formula=word, source=word, better="lower", undefined=word, misleads=word, asks=word
    )
    finding = Finding(
        check=word,
        cards=(card,),
        options={word: word},
        title=text,
        text=text,
        status="measured",
        measurements=(measurement, gap),
        evidence=(chart, table),
        notes=(text,),
    )
    crash = Finding(check=f"{word}.x", title=text, text=text, status="error", reason=text, hint=word, cards=(card,))
    rule = Rule(metric=word, group=word, label=word, conditions={word: word}, max=0.1, because=word).identified()
    waiver = Waiver(metric=word, group=word, owner=word, reason=word, expires=toy.policy.policy.waivers[0].expires)
    policy = Policy(extends=(word,), rules=(rule,), waivers=(waiver,))
    judgement = Judgement(rule=rule.id, outcome="waived", worst=measurement, check=word, reason=text, waiver=0)
    attribute = Attribute(name=word, groups=(GroupSize(label=word, rows=4),), missing=0)
    split = toy.data.splits[0].model_copy(update={"attributes": (attribute,), "target_classes": (word,)})
    return toy_result(
        name=word,
        findings=(finding, crash),
        policy=JudgedPolicy(policy=policy, digest=policy.digest, source=word),
        verdict=toy.verdict.model_copy(update={"judgements": (judgement,), "waivers_expired": ()}),
        subject=toy.subject.model_copy(update={"path": word, "adapter": word, "classes": (word,), "notes": (text,)}),
        data=toy.data.model_copy(update={"splits": (split,), "target": word, "positive": (word,)}),
        not_looked_at=(NotLookedAt(what=text, why=text),),
    )
