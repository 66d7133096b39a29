"""What these figures cannot say."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...words import number, text
from ..blocks import Sentences, sentences

FEW = 10  # with fewer agencies, statements over agencies are rough, and the page says so


def limits(
    case: Case, agreed: pd.DataFrame, past: pd.DataFrame, estimates: pd.DataFrame, lang: str
) -> Sentences | None:
    """What these figures cannot say, for this group and this year."""
    if not case.has_claims:
        return None
    agencies, documents = len(case.agencies), not case.evidence.empty
    compared = int(agreed["n"].iloc[0]) if len(agreed) else 0
    return sentences(
        text("verification.limit.cut", lang),
        text("verification.limit.few", lang, n=number(agencies, lang)) if agencies < FEW else "",
        text("verification.limit.compared", lang, n=number(compared, lang)) if compared < FEW <= agencies else "",
        text("verification.limit.no_past", lang) if past.empty else "",
        "" if documents else text("verification.limit.no_evidence", lang),
        text("verification.limit.sample", lang) if estimates["note"].isin(["incomplete", "too_few"]).any() else "",
        text("verification.limit.flags", lang),
        text("verification.limit.verifier", lang),
    )
