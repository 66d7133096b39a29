"""Findings and refusals: facts only. The wording (Vietnamese, English) is made by `dxlib.words`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True)
class Finding:
    """One breach of the contract: what, where, and the facts its wording needs.

    code      "E_…" for an error, "W_…" for a warning
    reason    which wording of the catalogue applies (`finding.<reason>`)
    file      path below the data folder, forward slashes
    row       the row as a spreadsheet shows it (header = 1)
    """

    code: str
    reason: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        return "error" if self.code.startswith("E_") else "warning"


class Refusal(Exception):
    """Something was refused; `findings` says everything that is wrong, not only the first thing."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{f.code} {f.file} {f.row or ''} {f.column} {f.value!r}" for f in self.findings))


def out_of_range(name: str, value: object, low: object, high: object, code: str = "E_PARAM") -> Finding:
    """A parameter that is not between `low` and `high`."""
    facts = {"low": low, "high": high, "name": name}
    return Finding(code, "param_range", column=name, value=str(value), facts=facts)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word` (a typo's remedy), or "" when none is like it."""
    found = get_close_matches(word.strip(), list(known), n=1, cutoff=0.5)
    return found[0] if found else ""
