"""The metric cards of `privacy.anonymity`."""

from auditkit import MetricCard

_NO_ROWS = "When the spec names no quasi_identifiers, or there are no rows."
_NO_SENSITIVE = "When no row has a value of the sensitive attribute."
_DECLARED = (
    "It rests on the quasi-identifiers that the spec names: what an acquaintance knows beside them is not looked at. "
)
_EXACT = "exact for the table at hand: it has no sampling error"


def _card(
    name: str, title: str, asks: str, formula: str, source: str, better: str = "lower", **texts: str
) -> MetricCard:
    return MetricCard.model_validate(
        {
            "name": name,
            "title": title,
            "asks": asks,
            "formula": formula,
            "source": f"{source}; {_EXACT}",
            "better": better,
            "undefined": texts.get("undefined", _NO_SENSITIVE),
            "misleads": _DECLARED + texts["misleads"],
        }
    )


_LI = "Li, Li & Venkatasubramanian (2007), ICDE, 106-115"
_MACHANAVAJJHALA = "Machanavajjhala et al. (2007), ACM TKDD 1(1), 3"
_GROUP = "In a class, p_E is the share of people with a value; p is their share of all people. "

CARDS = (
    _card(
        "k_anonymity",
        "k-anonymity",
        "How many people at least look the same to somebody who knows their quasi-identifiers?",
        "people in the smallest class of equal quasi-identifiers; where rows share a unit, units; a missing cell is a "
        "value of its own",
        "Samarati & Sweeney (1998), SRI-CSL-98-04",
        "higher",
        undefined=_NO_ROWS,
        misleads="One person alone makes it 1, however safe all others are; a large k hides nobody whose class shares "
        "one sensitive value.",
    ),
    _card(
        "uniqueness_rate",
        "People who are alone with their quasi-identifiers",
        "How many people could be found by their quasi-identifiers alone?",
        "people in classes of one ÷ people",
        "Skinner & Elliot (2002), J. R. Stat. Soc. B 64, 855-867",
        undefined=_NO_ROWS,
        misleads="Who is alone in the sample need not be alone in the population: give a reference, and see k_map.",
    ),
    _card(
        "k_map",
        "k-map",
        "How many people of the population at least could each row be about?",
        "over audit rows, the smallest number of reference rows with the same quasi-identifiers; 0: somebody is in "
        "the audit rows whose like the reference does not hold",
        "Sweeney (2002), Int. J. Uncertain. Fuzziness Knowl.-Based Syst. 10, 557-570",
        "higher",
        undefined="When the spec names no reference.",
        misleads="A reference that is itself a sample holds fewer people than there are; and where it spells values in "
        "another way than the audit rows, none match.",
    ),
    _card(
        "population_uniqueness_rate",
        "People who are at most one of their kind in the population",
        "How many people have no second one like them in the population?",
        "audit people whose quasi-identifiers at most one reference row has ÷ audit people",
        "El Emam & Dankar (2008), JAMIA 15, 627-637",
        undefined="When the spec names no reference.",
        misleads="As k_map: a reference that is a sample makes people look rarer than they are.",
    ),
    _card(
        "distinct_l_diversity",
        "Distinct l-diversity",
        "How many sensitive values does a class hold at least?",
        "the fewest distinct sensitive values in a class",
        _MACHANAVAJJHALA,
        "higher",
        misleads="Two values, of which one is a thousand times as frequent, count as two.",
    ),
    _card(
        "entropy_l_diversity",
        "Entropy l-diversity",
        "How many equally frequent sensitive values is a class worth at least?",
        _GROUP + "exp of the smallest entropy, -sum p_E ln p_E, of a class",
        _MACHANAVAJJHALA,
        "higher",
        misleads="Where one value is frequent among all people it cannot be high, and need not be.",
    ),
    _card(
        "recursive_c_diversity",
        "Recursive (c, l)-diversity, least c",
        "How much more frequent is a class's commonest sensitive value than the rarer ones together?",
        "the largest r_1 ÷ (r_l + ... + r_m) of a class, counts in falling order, l as the option says; recursive "
        "(c, l)-diversity holds for every c above it",
        _MACHANAVAJJHALA,
        undefined=f"{_NO_SENSITIVE[:-1]}, or some class has fewer than l values: then no c is large enough.",
        misleads="With l = 2 a class of two values in equal parts has c = 1, whatever the values mean.",
    ),
    _card(
        "t_closeness",
        "t-closeness",
        "How far can the sensitive attribute of a class lie from that of everybody?",
        _GROUP + "the largest earth mover's distance of a class from all people: half of sum |p_E - p| for names; for "
        "numbers, by rank, sum |F_E - F| ÷ (values - 1)",
        _LI,
        misleads="Small classes lie far from all people by chance; a rare value can be far more frequent in a class "
        "without moving it, which is what beta-likeness sees.",
    ),
    _card(
        "alpha_anonymity",
        "Alpha of (alpha, k)-anonymity",
        "How sure of a sensitive value can somebody be who knows a person's class?",
        _GROUP + "the largest p_E of a value in a class",
        "Wong et al. (2006), KDD, 754-759",
        misleads="1 for a class of one person; and high everywhere when a value is frequent among all people.",
    ),
    _card(
        "basic_beta_likeness",
        "Basic beta-likeness",
        "By how much, in relation, can a class make a sensitive value likelier?",
        _GROUP + "the largest (p_E - p) ÷ p of a value",
        "Cao & Karras (2012), PVLDB 5, 1388-1399",
        misleads="A rare value of a small class makes it huge.",
    ),
    _card(
        "enhanced_beta_likeness",
        "Enhanced beta-likeness",
        "The same, each value bounded by what it could gain?",
        _GROUP + "the largest min((p_E - p) ÷ p, -ln p) of a value",
        "Cao & Karras (2012), PVLDB 5, 1388-1399",
        misleads="For rare values it is bounded by their rarity alone.",
    ),
    _card(
        "delta_disclosure",
        "Delta-disclosure",
        "By what factor, on the log scale, can a class change how likely a sensitive value is?",
        _GROUP + "the largest |ln(p_E ÷ p)| of a value that the class holds; one that it lacks would make it infinite",
        "Brickell & Shmatikov (2008), KDD, 70-78",
        misleads="A value that a class lacks altogether is left out, as most tools do, though it tells something.",
    ),
)
