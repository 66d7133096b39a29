"""The plain exporter where the engine of the papers fails."""

from plain_page import html


def pdf(nb, **marks):
    raise RuntimeError(f"no paper\nfor {html(nb, **marks)}")
