"""What the README says is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from tests.keytable import rewritten

README = Path(__file__).parents[2] / "README.md"


def test_the_key_table_is_that_of_the_registry():
    text = README.read_text()
    assert rewritten(text) == text, "run: make keys"


def test_every_picture_exists_and_was_made_by_the_application():
    for name in re.findall(r"\]\(([^)]+\.svg)\)", README.read_text()):
        assert "<svg" in (README.parent / name).read_text()[:2000]


def test_the_sample_of_the_readme_loads(tmp_path):
    from data.config import load

    sample = next(
        block for block in re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL) if "projects:" in block
    )
    path = tmp_path / "lineside.yaml"
    path.write_text(sample)
    assert [project.project for project in load(path).projects] == ["ml/churn"]
