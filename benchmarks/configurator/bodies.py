"""A shirt for each of many real bodies: who is refused and why, whether seams and sleeve caps agree, how much cloth it takes.

``python -m benchmarks.configurator.bodies FILE``: FILE is ANSUR II as CSV, with the columns that docs/shirt.md names. Every body gets the
family's default shirt; every tenth also the three fits where they are allowed.
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import configurator
from configurator.engine.bodies import measures_of, survey_columns
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Decisions, Select, SetNumber
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from configurator.engine.pattern.marker import markers
from configurator.engine.pattern.seams import Joint, joints
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from contracts.problems import DecisionRefused

SHIRT = Path(configurator.__file__).parent / "families" / "shirt.yaml"
GIRTHS = {
    "neck": "collar_girth",
    "chest": "chest_girth",
    "waist": "waist_girth",
    "hip": "hip_girth",
    "biceps": "biceps_girth",
    "sleeve": "sleeve_length",
    "wrist": "cuff_girth",
}
"""Each measure with the finished dimension that goes around it."""


def bodies(path: Path, family: Family) -> list[dict[str, int]]:
    """The eight measures of each person in the file, in millimetres."""
    columns = survey_columns(family)
    with path.open(newline="") as file:
        return [measures_of(family, {column: int(row[column]) for column in columns}) for row in csv.DictReader(file)]


def decided(compiled: CompiledFamily, body: dict[str, int]) -> Decisions:
    """The body's measures as decisions. Raises DecisionRefused with the reasons."""
    return compiled.decide(NONE, [SetNumber(set=name, value=value) for name, value in body.items()])


def products(compiled: CompiledFamily, decisions: Decisions, number: int) -> Iterator[Product]:
    yield compiled.reference(decisions)
    if number % 10 == 0:
        for fit in ("slim", "loose"):
            try:
                yield compiled.reference(compiled.decide(decisions, [Select(select=f"fit.{fit}")]))
            except DecisionRefused:
                continue


def seams(compiled: CompiledFamily, product: Product) -> tuple[list[Joint], dict[str, int]]:
    """The product's seams and the lengths of cloth that it takes."""
    pattern = Portrait(compiled, product).cut_out()
    section = compiled.family.pieces
    assert pattern is not None
    assert section is not None
    return joints(section, pattern), {name: marker.length_mm for name, marker in markers(pattern).items()}


def main(path: Path) -> None:
    compiled = compile_family(parse_family(SHIRT.read_text(encoding="utf-8")))
    everybody = bodies(path, compiled.family)
    began = time.perf_counter()
    reasons: Counter[str] = Counter()
    worst: dict[str, float] = {}
    cap: list[float] = []
    ease: dict[tuple[str, str], list[int]] = {}
    cloth: list[int] = []
    over = refused = shirts = 0
    for number, body in enumerate(everybody):
        try:
            decisions = decided(compiled, body)
        except DecisionRefused as refusal:
            refused += 1
            reasons.update(str(each["rule"]) for each in refusal.extra["reasons"])
            continue
        for product in products(compiled, decisions, number):
            shirts += 1
            joined, lengths = seams(compiled, product)
            for joint in joined:
                apart = max(joint.least_mm - joint.ease_mm, joint.ease_mm - joint.most_mm, 0.0)
                worst[joint.name] = max(worst.get(joint.name, 0.0), apart)
                if joint.name == "armhole":
                    cap.append(joint.ease_mm)
            numbers = compiled.manufacture.numbers(product)
            for name, girth in GIRTHS.items():
                ease.setdefault((product.chosen["fit"][0], name), []).append(numbers[girth] - body[name])
            cloth.append(lengths["shell"])
            asked = sum(line.quantity for line in compiled.manufacture.materials(product) if line.item.startswith("cloth."))
            over += sum(lengths.values()) > asked
    share = 100 * (len(everybody) - refused) / len(everybody)
    print(f"{len(everybody)} bodies: {share:.2f} % are offered a shirt; {refused} refused: {dict(reasons.most_common())}")
    print(f"{shirts} shirts drafted, cut out and laid out in {time.perf_counter() - began:.0f} s")
    print("seams apart beyond their ease, at most, mm: " + ", ".join(f"{name} {value:.2f}" for name, value in worst.items()))
    print(f"cap ease {min(cap):.1f} to {max(cap):.1f} mm")
    for fit in ("slim", "regular", "loose"):
        found = {name: values for (cut, name), values in ease.items() if cut == fit}
        print(f"ease, {fit}, mm: " + ", ".join(f"{name} {min(values)} to {max(values)}" for name, values in found.items()))
    print(f"cloth {min(cloth)} to {max(cloth)} mm, in the middle {sorted(cloth)[len(cloth) // 2]}; {over} layouts longer than the estimate")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
