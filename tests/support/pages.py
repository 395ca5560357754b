"""The pages under docs/: their blocks, and the files that the blocks show."""

import re

from tests.support import ROOT


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)


def files(page: str) -> dict[str, str]:
    """The Python and YAML files of a page, by the names in their first lines."""
    shown = re.findall(
        r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE
    )
    return dict(shown)


def named_blocks(page: str, language: str) -> dict[str, str]:
    """The blocks of a language that name a file, by its name."""
    pattern = rf"^```{language} (\S+)\n(.*?)^```"
    return dict(re.findall(pattern, text(page), re.DOTALL | re.MULTILINE))
