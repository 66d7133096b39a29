"""How do we say it? Blocks (sentences, table, chart), and one module per notebook that fills them."""

from . import method, report, sensitivity, status, verification
