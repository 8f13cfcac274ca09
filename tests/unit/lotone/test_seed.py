"""What a fresh installation begins with is sound."""

from pathlib import Path

import pytest

from configurator.engine.configurator import compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.family_check import require_fit
from lotone.seed import FAMILIES


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_a_family_that_comes_with_the_product_is_fit(path: Path) -> None:
    require_fit(compile_family(parse_family(path.read_text(encoding="utf-8"))))
