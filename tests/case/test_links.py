"""links.csv: what points nowhere is named."""

from __future__ import annotations

import pytest

from dxlib.case import check
from dxlib.words import finding
from tests.case.folder import write

HEAD = "code,from_year,from_group,from_code,kind,factor\n"


def told(tmp_path, links):
    """What is said of the links of 2024 to 2023, where there is the group `demo` alone."""
    root = write(tmp_path)
    (root / "2024").rename(root / "2023")
    index = root / "2023/demo/index.toml"
    index.write_text(index.read_text("utf-8").replace("2024", "2023"), "utf-8")
    write(tmp_path)
    (root / "2024/demo/links.csv").write_text(HEAD + links)
    found = [f for f in check(root, 2024) if f.code.endswith("_LINK")]
    assert all("{" not in said for f in found for lang in ("vi", "en") for said in finding(f, lang).values())
    return [(f.code, f.reason, f.file, f.row, f.column) for f in found]


@pytest.mark.parametrize(
    ("links", "code", "reason", "column"),
    [
        ("1.1,2023,demo,1.1,same,\n", "", "", ""),
        ("1.1,2023,dmo,1.1,same,\n2,2023,dmo,2,same,\n", "E_LINK", "link_group", "from_group"),
        ("1.1,2003,demo,1.1,same,\n2,2003,demo,2,same,\n", "W_LINK", "link_not_kept", "from_year"),
        ("1.1,2025,demo,1.1,same,\n", "E_LINK", "link_year", "from_year"),
        ("1.1,2023,demo,1.1,redefined,0.5\n", "W_LINK", "factor_unread", "factor"),
        ("1.1,2023,demo,1.1,rescaled,\n", "", "", ""),  # it is known from the maximum points
    ],
)
def test_a_link_to_nowhere_joined_nothing_without_a_word(tmp_path, links, code, reason, column):
    assert told(tmp_path, links) == ([(code, reason, "2024/demo/links.csv", 2, column)] if code else [])
