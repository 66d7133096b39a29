"""A desk to work at, and the plain exporter where worker processes find it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from desk import Desk


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
