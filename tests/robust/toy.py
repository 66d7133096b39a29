"""The toy data on which the answers on paper stand, as a case of the contract."""

from __future__ import annotations

from dxlib import read_case
from tests.backtest.contract_folder import write_folder

# A=(.9,.4,.5) B=(.6,.8,.5) C=(.5,.6,.8) D=(.4,.3,.6), weights .5 .3 .2: scores .67 .64 .59 .41
TOY = {"a": (0.9, 0.4, 0.5), "b": (0.6, 0.8, 0.5), "c": (0.5, 0.6, 0.8), "d": (0.4, 0.3, 0.6)}


def toy(folder, weights=(0.5, 0.3, 0.2), data=TOY, **index):
    """Shares as they are; None is no answer."""
    rows = [
        {"code": f"k{i}", "parent": "", "name_en": f"k{i}", "weight": w, "rule": "goalposts(0, 1)"}
        for i, w in enumerate(weights)
    ]
    claims = [
        {"agency": u, "indicator": f"k{i}", "a": x} for u, xs in data.items() for i, x in enumerate(xs) if x is not None
    ]
    tables = {"indicators": rows, "agencies": [{"agency": u} for u in data], "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Toy"}, **index}, tables)
    return read_case(folder, 2024, "demo")
