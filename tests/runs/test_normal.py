"""What is kept of an executed notebook names no machine and no moment."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dxlib.runs.normal import failing_cell, heading_above, normalise, scrub


def test_texts_lose_folders_addresses_and_process_numbers():
    text = (
        "read /home/an/data/2025 in /home/an; <Styler object at 0x7f00> /tmp/ipykernel_12/345.py:1: \x1b[31mred\x1b[0m"
    )
    clean = scrub(text, {"/home/an": "~", "/home/an/data": "data"})
    assert clean == "read data/2025 in ~; <Styler object at 0x…> cell:1: red"


def test_pictures_are_untouched():
    picture = '<img src="data:image/png;base64,/root at 0x7f00">'.replace(" at ", "")
    assert scrub(picture, {"/root": "~"}) == picture
    assert scrub({"image/png": "/root"}, {"/root": "~"}) == {"image/png": "/root"}


def test_same_notebook_whatever_ran_it():
    def executed(seconds, root):
        cell = new_code_cell("1", metadata={"papermill": {"duration": seconds}, "tags": ["vi"]})
        cell.outputs = [new_output("execute_result", {"text/plain": "<a at 0x12>", "text/html": "<b>1</b>"})]
        injected = new_code_cell(f"root = {root!r}", metadata={"tags": ["injected-parameters"]})
        return new_notebook(
            cells=[new_markdown_cell("# A"), injected, cell], metadata={"papermill": {"start": seconds}}
        )

    one, two = normalise(executed(1, "/a"), {}), normalise(executed(2, "/b"), {})
    assert one == two and len(one.cells) == 2 and "papermill" not in str(one) and "text/plain" not in str(one)


def test_where_a_notebook_failed():
    cells = [
        new_markdown_cell("## Một", metadata={"tags": ["vi"]}),
        new_markdown_cell("## One", metadata={"tags": ["en"]}),
    ]
    cells += [new_code_cell("1"), new_code_cell("2"), new_code_cell("3")]
    for cell, begun in zip(cells[2:], ("2025-01-01T00:00:00", "2025-01-01T00:00:01", None), strict=True):
        cell.metadata["papermill"] = {"status": "completed", "start_time": begun}  # at the end it calls all completed
    notebook = new_notebook(cells=cells)
    assert failing_cell(notebook) == 3
    assert (heading_above(notebook, 3, "vi"), heading_above(notebook, 3, "en")) == ("Một", "One")
    cells[2].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    assert failing_cell(notebook) == 2
