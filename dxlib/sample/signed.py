"""Sign-offs of the made-up province: one result that was signed, corrected and signed again."""

from __future__ import annotations

from hashlib import sha256

from ..audit import approval_digest
from .sets import Row

ROLE = "Chủ tịch UBND tỉnh"


def sign_offs(year: str, seed: int) -> list[Row]:
    """approvals.csv: two versions, the second in place of the first. What they sign was made elsewhere, so their
    fingerprints are made up like the rest."""
    after = str(int(year) + 1)
    first = row("1", "412/QĐ-UBND", f"{after}-03-28", "", "", year, seed)
    why = "Hội đồng thẩm định chấp nhận một đề nghị phúc tra đến muộn"
    return [first, row("2", "655/QĐ-UBND", f"{after}-05-12", why, approval_digest(first), year, seed)]


def row(version: str, decision: str, day: str, reason: str, previous: str, year: str, seed: int) -> Row:
    return {
        "version": version,
        "fingerprint": sha256(f"{seed}/{year}/signed/{version}".encode()).hexdigest(),
        "decision": decision,
        "date": day,
        "role": ROLE,
        "reason": reason,
        "previous": previous,
    }
