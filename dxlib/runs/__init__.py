"""Who made it, from what? The matrix of reports, its strict door, execution and fingerprint."""

from .batch import RunResult, run
from .execute import Outcome
from .matrix import Job
from .parameters import split
