"""Where one share of 0 decides a whole branch: under a geometric or a harmonic mean, or a product."""

from __future__ import annotations

from ..case import Case
from ..errors import Finding
from .exact import evaluate

VANISH = ("geometric", "harmonic", "product")


def decided_by_zero(case: Case, on: str | None = None, aggregate: str | None = None) -> list[tuple[str, str]]:
    """(agency, row) of every share of 0 that makes the branch above it, or the index, 0 whatever its siblings have.

    on          verified, current or claimed
    aggregate   the mean of the index, by default its own

    Ordered by branch, row and agency. Raises Refusal as `evaluate`. Source: OECD/JRC Handbook (2008), ch. 6 (a
    geometric mean does not let one dimension make up for another).
    """
    framework = case.framework
    branches = [(aggregate or framework.aggregate, framework.tops)]
    branches += [(node.aggregate, node.children) for node in framework.nodes.values() if node.scored and node.children]
    rows = [n.code for mean, codes in branches if mean in VANISH for n in framework.siblings(codes) if n.weight]
    if not rows:
        return []
    exact = evaluate(case, on)
    return [
        (agency, code)
        for code in rows
        for agency, share in zip(exact.agencies, exact.columns[code].shares, strict=True)
        if share == 0
    ]


def check_zeros(case: Case, on: str | None = None) -> list[Finding]:
    """That there are such shares, in one finding; nothing where there are none."""
    found = [f"{agency} {code}" for agency, code in decided_by_zero(case, on)]
    facts = {"n": len(found), "cells": "; ".join(found)}
    return [Finding("W_ZERO", "zero_decides", f"{case.year}/{case.group}", facts=facts)] if found else []
