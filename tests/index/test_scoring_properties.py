"""What must hold of every score, whatever the index set (P1 to P12 of the methods), through the front door."""

import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from dxlib.index import evaluate, score
from dxlib.index.rank import ranks
from tests.index import naive
from tests.index.random_cases import few, givens


@few
@given(givens())
def test_the_naive_referee_agrees_on_exact_shares_and_maxima(a):
    """Not only on what is printed, as thousands of random folders do (`test_referee`)."""
    with tempfile.TemporaryDirectory() as folder:
        second = naive.Referee(*naive.read(a.write(Path(folder))))
    for code, column in evaluate(a.case()).columns.items():
        nodes = [second.node(agency, "" if code == "index" else code) for agency in a.table]
        assert (column.shares, column.own_maxima) == ([n.share for n in nodes], [n.own for n in nodes])


@few
@given(givens(), st.randoms(use_true_random=False))
def test_p1_the_order_of_agencies_changes_nothing(a, random):
    agencies = list(a.table)
    random.shuffle(agencies)
    assert a.but(table={agency: a.table[agency] for agency in agencies}).shares() == a.shares()


@few
@given(givens(), st.randoms(use_true_random=False))
def test_p2_the_order_of_indicators_changes_nothing(a, random):
    rows = list(a.rows)
    random.shuffle(rows)
    assert a.but(rows=tuple(rows)).shares() == a.shares()


@few
@given(givens(gaps=False), st.data())
def test_p3_a_better_answer_is_never_worse(a, data):
    agency = data.draw(st.sampled_from(sorted(a.table)))
    row = data.draw(st.sampled_from(a.leaves))
    raised = {**a.table[agency], row["code"]: str(row["max_points"])}
    before, after = a.shares(), a.but(table={**a.table, agency: raised}).shares()
    assert after[agency] >= before[agency]
    assert all(after[other] == before[other] for other in before if other != agency)
    places = [dict(zip(shares, ranks(list(shares.values())), strict=True)) for shares in (before, after)]
    assert places[1][agency] <= places[0][agency]
    assert all(places[1][other] >= places[0][other] for other in before if other != agency)


@few
@given(givens(), st.sampled_from(["0.5", "3", "12.25"]))
def test_p4_the_size_of_a_point_changes_nothing(a, factor):
    def scaled(x):
        return str(float(Fraction(str(x)) * Fraction(factor)))  # quarters and powers of two: exact

    rows = tuple({**row, "max_points": scaled(row["max_points"])} if row["rule"] else row for row in a.rows)
    table = {agency: {code: scaled(p) for code, p in given.items()} for agency, given in a.table.items()}
    assert a.but(rows=rows, table=table).shares() == a.shares()


@few
@given(givens())
def test_p5_between_nothing_and_everything(a):
    assert all(0 <= share <= 1 for share in a.shares().values() if share is not None)
    for what, expected in ((lambda row: row["max_points"], 1), (lambda row: 0, 0)):
        table = {agency: {row["code"]: str(what(row)) for row in a.leaves} for agency in a.table}
        assert set(a.but(table=table, exempt={}).shares().values()) == {Fraction(expected)}


@few
@given(givens())
def test_p6_a_twin_has_the_same_score_and_the_same_rank(a):
    agency = next(iter(a.table))
    twin = a.but(table={**a.table, "twin": a.table[agency]}, exempt={**a.exempt, "twin": a.exempt.get(agency, set())})
    rows = score(twin.case()).query("node == 'index'").set_index("agency")
    assert twin.shares()["twin"] == a.shares()[agency]
    assert rows.loc["twin", "rank"] == rows.loc[agency, "rank"]


@few
@given(givens(gaps=False), st.data())
def test_p7_a_new_agency_moves_the_others_by_one_place_at_most(a, data):
    new = {row["code"]: str(data.draw(st.integers(0, row["max_points"]))) for row in a.leaves}
    before, after = a.shares(), a.but(table={**a.table, "new": new}).shares()
    assert {agency: after[agency] for agency in before} == before
    old, now = (dict(zip(shares, ranks(list(shares.values())), strict=True)) for shares in (before, after))
    assert all(now[agency] - old[agency] in (0, 1) for agency in before)


@few
@given(givens(weights=False))
def test_p8_two_halves_are_the_whole(a):
    """The last leaf becomes two of half the points with the same shares."""
    row = a.leaves[-1]
    halves = [{**row, "code": f"{row['code']}{half}", "max_points": row["max_points"] / 2} for half in "ab"]
    rows = (*(r for r in a.rows if r is not row), *halves)

    def split(cells, half):
        return {code: half(cells[code]) for code in cells if code != row["code"]} | {
            f"{row['code']}{i}": str(Fraction(cells[row["code"]]) / 2 * 1.0) for i in "ab" if row["code"] in cells
        }

    table = {agency: split(given, str) for agency, given in a.table.items()}
    exempt = {
        agency: {c for c in codes if c != row["code"]} | {row["code"] + i for i in "ab" if row["code"] in codes}
        for agency, codes in a.exempt.items()
    }
    assert a.but(rows=rows, table=table, exempt=exempt).shares() == a.shares()


@few
@given(givens(weights=False))
def test_p9_the_points_are_the_sum_of_the_pillars_exactly(a):
    """Where nothing is carried by siblings, points add up to the total without a rest."""
    case = a.case().with_changes(policies={"missing": "zero", "not_applicable": "exclude"})
    columns = evaluate(case).columns
    tops = [row["code"] for row in a.rows if not row["parent"]]
    for i, share in enumerate(columns["index"].shares):
        earned = sum((columns[top].shares[i] or 0) * columns[top].own_maxima[i] for top in tops)
        assert (share or 0) * columns["index"].own_maxima[i] == earned


@few
@given(givens())
def test_p10_a_gap_lies_between_nothing_and_everything(a):
    def under(policy):
        return a.but(index={**a.index, "not_applicable": policy}).shares()

    low, high = under("zero"), under("full")
    for policy in ("exclude", "within-parent"):
        for agency, share in under(policy).items():
            assert share is None or low[agency] <= share <= high[agency]


@few
@given(givens(gaps=False), st.data())
def test_p11_what_has_no_weight_has_no_effect(a, data):
    tops = [row for row in a.rows if not row["parent"]]
    assume(len(tops) > 1)
    idle = data.draw(st.sampled_from(tops))["code"]
    dropped = a.case().with_changes(drop=[idle])
    exact = evaluate(dropped)
    rows = tuple(row for row in a.rows if idle not in (row["code"], row["parent"]))
    table = {agency: {c: p for c, p in given.items() if c.split(".")[0] != idle} for agency, given in a.table.items()}
    assert (
        dict(zip(exact.agencies, exact.columns["index"].shares, strict=True)) == a.but(rows=rows, table=table).shares()
    )


@few
@given(givens())
def test_p12_rounded_once_and_never_against_the_exact_order(a):
    case = a.case()
    exact = evaluate(case).columns["index"]
    points = score(case).query("node == 'index'")["points"].tolist()
    known = [(s * r, p) for s, r, p in zip(exact.shares, exact.own_maxima, points, strict=True) if s is not None]
    assert all(abs(Fraction(str(p)) - e) <= Fraction(1, 200) for e, p in known)
    assert all((e > f) <= (p >= q) for e, p in known for f, q in known)
