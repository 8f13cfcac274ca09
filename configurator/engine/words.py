"""How a decision, a reason and a refusal are said: message ids and the family's own words."""

from collections.abc import Mapping, Sequence

from configurator.engine.decisions import Decision
from configurator.engine.family.family import Family
from configurator.engine.reasons import Reason
from contracts.problems import DecisionRefused
from contracts.texts import Localised, Message
from contracts.units import Quantity


def refused(
    family: Family, wanted: Sequence[Decision], why: Reason, ways: Sequence[Sequence[Decision]], nearest: Sequence[Mapping[str, object]]
) -> DecisionRefused:
    """The refusal that says what was wanted, why not, and what to give up."""
    return DecisionRefused(
        {
            "wanted": tuple(label_of(family, each) for each in wanted),
            "reason": reason_text(family, why),
        },
        extra={
            "wanted": [each.name for each in wanted],
            "decisions": [each.name for each in why.decisions if each not in wanted],
            "reasons": [{"rule": rule.id, "line": rule.line, "text": rule.say.model_dump(mode="json")} for rule in why.rules],
            "repairs": [[each.name for each in way] for way in ways],
            "nearest": list(nearest),
        },
    )


def label_of(family: Family, decision: Decision) -> Message:
    """The decision in words."""
    option, _, value = decision.name.partition(".")
    if option in family.options:
        params = {"option": family.options[option].label, "value": family.options[option].values[value].label}
        return Message(id=f"configurator.decision.{'select' if decision.value else 'deselect'}", params=params)
    dimension = family.dimensions[option]
    quantity = Quantity(value=int(decision.value), unit=dimension.unit)
    return Message(id="configurator.decision.set", params={"dimension": dimension.label, "value": quantity})


def reason_text(family: Family, why: Reason) -> Message | Localised:
    """The reason in one sentence: the rules in the customer's words, or that the decisions themselves contradict each other."""
    says = tuple(rule.say for rule in why.rules)
    if not says:
        return Message(id="configurator.reason.one_only")
    said: Message | Localised = says[0]
    for more in says[1:]:
        said = Message(id="configurator.reason.more", params={"said": said, "more": more})
    return said
