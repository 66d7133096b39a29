"""May we believe the claims? The ledger in points, and everything that can be asked of it."""

from .agreement_measures import agreement
from .consistency import printed_total
from .copies import copied_explanations
from .deviations import deviation, polish
from .documents import coverage
from .estimation import conclusion, unverified
from .flagging import flags
from .materiality import decisive_items, rank_ranges, unsettled
from .points_ledger import asking, grades, ledger, scores, steps
from .risk_assessment import TOLERABLE, choose, estimates, found_by_part, history, risk, worklist
from .sampling import plan
from .submissions import Sender, completeness, last_day, progress, senders
from .undecided import open_items
from .verifiers import appeals, between_verifiers, double_verified, leniency, repeatability
