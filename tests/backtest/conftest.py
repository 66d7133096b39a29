"""Published tables of others stand beside the project, not in it; tests that need them skip where they are absent."""

from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / ".." / "shared" / "real"


def published(folder: str) -> Path:
    path = REAL / folder
    if not path.is_dir():
        pytest.skip(
            f"the published tables ../shared/real/{folder} are not here (docs/published-cases.md says where to get them)"
        )
    return path


@pytest.fixture(scope="session")
def egdi_tables() -> Path:
    return published("egdi")


@pytest.fixture(scope="session")
def tai_tables() -> Path:
    return published("tai")


@pytest.fixture(scope="session")
def dti_tables() -> Path:
    return published("dti")


@pytest.fixture
def index_rows():
    """The index rows of a case's score, by agency."""
    from dxlib.index import score

    def rows(case, on=None):
        table = score(case, on)
        return table[table["node"] == "index"].set_index("agency")

    return rows
