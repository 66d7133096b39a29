"""The fingerprint changes with every ingredient, and with nothing else."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from dxlib.audit import short
from dxlib.runs.fingerprint import digest_library, digest_notebook, fingerprint

BASE = {
    "inputs": {"2025/a/claims.csv": "1", "2025/a/index.toml": "2"},
    "parameters": {"root": "/x", "year": "2025", "seed": 1, "half_width": 0.2},
    "library": "l",
    "notebook": "n",
    "lock": "k",
}


def made(**changes):
    return fingerprint(**{**BASE, **changes})


def test_every_ingredient_counts():
    inputs, parameters = BASE["inputs"], BASE["parameters"]
    variants = [
        made(),
        made(library="m"),
        made(notebook="m"),
        made(lock="m"),
        made(inputs=inputs | {"2025/a/claims.csv": "3"}),
        made(inputs={"2025/a/index.toml": "2"}),
        made(inputs={"2025/b/claims.csv": "1", "2025/a/index.toml": "2"}),
        made(parameters=parameters | {"seed": 2}),
        made(parameters=parameters | {"half_width": 0.3}),
        made(parameters=parameters | {"lang": "vi"}),
    ]
    assert len(set(variants)) == len(variants)


def test_the_place_on_this_machine_does_not_count():
    assert made() == made(parameters=BASE["parameters"] | {"root": "C:\\data"})


@given(
    st.dictionaries(st.text(min_size=1).map(lambda s: unicodedata.normalize("NFC", s.replace("\\", "/"))), st.text()),
    st.randoms(),
)
def test_order_does_not_count(inputs, random):
    shuffled = list(inputs.items())
    random.shuffle(shuffled)
    assert made(inputs=inputs) == made(inputs=dict(shuffled))


def test_paths_are_written_alike_everywhere():
    decomposed = unicodedata.normalize("NFD", "2025\\xã\\claims.csv")
    assert made(inputs={decomposed: "1"}) == made(inputs={"2025/xã/claims.csv": "1"})


def test_the_short_form():
    assert short("0123456789abcdef") == "0123 4567 89ab"


def test_the_library_is_its_files_not_its_caches(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    (tmp_path / "words/vi.toml").write_bytes(b"a = 1\n")
    before = digest_library(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a.pyc").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"1")
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    assert digest_library(tmp_path) == before
    (tmp_path / "words/vi.toml").write_bytes(b"a = 2\n")
    assert digest_library(tmp_path) != before


def test_a_notebook_is_its_cells_not_its_outputs(tmp_path):
    def digest(source, outputs=(), tags=("vi",), **metadata):
        cell = {
            "cell_type": "code",
            "source": source,
            "outputs": list(outputs),
            "metadata": {"tags": list(tags), **metadata},
            "id": "a",
        }
        (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell], "metadata": metadata}), "utf-8")
        return digest_notebook(tmp_path / "n.ipynb")

    assert digest("x = 1\ny = 2") == digest(["x = 1\n", "y = 2"], outputs=[{"text": "1"}], collapsed=True)
    assert len({digest("x = 1"), digest("x = 2"), digest("x = 1", tags=("en",))}) == 3
