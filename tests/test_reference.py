"""The reference lists every public name."""

from pathlib import Path

import hpgaxis


def test_every_public_name_stands_in_the_reference():
    text = (Path(__file__).parents[1] / "docs" / "reference.md").read_text(encoding="utf-8")
    homes = {name: f"hpgaxis.{hpgaxis._HOMES[name]}.{name}".replace("run_trial", "run") for name in hpgaxis.__all__}
    assert [home for home in homes.values() if f":: {home}\n" not in text] == []
