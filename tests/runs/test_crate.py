"""The RO-Crate: read by the library of its makers, in step with the record and with the files."""

from __future__ import annotations

import hashlib
import json
import warnings

from dxlib.audit import audit
from dxlib.runs.crate import CRATE


def read(desk):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside the reader
        from rocrate.rocrate import ROCrate

        return ROCrate(desk.reports / "public")


def test_the_reader_of_its_makers_finds_every_file_and_every_action(desk):
    desk.run()
    found = read(desk)
    record = json.loads((desk.reports / "public/record.json").read_bytes())
    known = {path for job in record["jobs"].values() for path in job["products"]} | set(record["index"])
    files = {e.id: e for e in found.get_by_type("File")}
    assert set(files) == (known - {CRATE}) | {"record.json", "SHA256SUMS", "root.txt"}
    for path, entity in files.items():
        data = (desk.reports / "public" / path).read_bytes()
        assert entity.get("sha256") in (None, hashlib.sha256(data).hexdigest())
        assert entity.get("contentSize") in (None, str(len(data)))
    actions = {e.id: e for e in found.get_by_type("CreateAction")}
    assert set(actions) == {f"#{name}" for name in record["jobs"]}
    for name, job in record["jobs"].items():
        action = actions[f"#{name}"]
        assert {e.id for e in action["result"]} == set(job["products"])
        assert action["instrument"].type == "SoftwareApplication"
        told = {e["name"]: e for e in action["object"]}
        assert {n.removeprefix("data/") for n in told if n.startswith("data/")} == set(job["inputs"])
        assert {n: told[n]["value"] for n in job["parameters"]} == job["parameters"]
    root = found.root_dataset
    assert root["datePublished"] and root["license"] and root["name"]
    assert set(map(str, (e.id for e in root["mentions"]))) == set(actions)
    assert "https://w3id.org/ro/wfrun/process/0.5" in {e.id for e in root["conformsTo"]}


def test_every_reference_leads_somewhere_and_the_audit_knows_the_file(desk):
    desk.run(langs=["vi"])
    graph = json.loads((desk.reports / "public" / CRATE).read_bytes())["@graph"]
    ids = [thing["@id"] for thing in graph]
    assert len(ids) == len(set(ids))
    named = {ref["@id"] for thing in graph for ref in references(thing)}
    assert named - set(ids) == {"https://w3id.org/ro/crate/1.1"}  # the specification itself
    text = (desk.reports / "public" / CRATE).read_text("utf-8")
    assert str(desk.data) not in text and str(desk.reports) not in text
    assert audit(desk.reports / "public").confirmed


def references(thing):
    for value in thing.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield one
