"""What keeps two documents of one name apart is no part of their name, and a date is no such sign."""

import hashlib

from dxlib.sheets.attached import kept
from dxlib.sheets.delivery import Sent
from dxlib.sheets.entries import called


def test_a_name_that_begins_with_a_date_stays_whole():
    sha256 = hashlib.sha256(b"plan").hexdigest()
    assert called("x/20250115-kh.pdf", "x", sha256) == "20250115-kh.pdf"
    assert called(f"x/{sha256[:8]}-kh.pdf", "x", sha256) == called(f"x/{sha256}-kh.pdf", "x", sha256) == "kh.pdf"
    assert called("x/20250115-kh.pdf", "x", "") == "20250115-kh.pdf"


def test_no_document_is_written_over_one_that_has_the_name_it_would_get(tmp_path):
    first, second = b"A", b"B"
    short = hashlib.sha256(second).hexdigest()[:8]
    folder, found, placed = tmp_path / "evidence" / "x", {}, {}
    folder.mkdir(parents=True)
    (folder / "k.pdf").write_bytes(first)
    (folder / f"{short}-k.pdf").write_bytes(b"C")
    path = kept(tmp_path, "x", Sent("k.pdf", "", "", second), found, placed)
    assert path not in ("x/k.pdf", f"x/{short}-k.pdf") and found == {path: second}
