"""`python -m dxlib` = `dx`."""

from .cli import main

raise SystemExit(main())
