"""An exporter for these tests: the outputs' text between a title and a fingerprint."""

from html import escape


def pdf(nb, **marks):
    return html(nb, **marks).encode()


def html(nb, lang, title, reader, sample, provisional, fingerprint):
    texts = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    head = f"<title>{escape(title)}</title><p>{reader} {sample} {provisional} {fingerprint}</p>"
    return f"<html lang={lang}>{head}<pre>{escape(chr(10).join(texts))}</pre></html>\n"
