"""Runs the story day by day, then replays its journal."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from contracts_spec.load import load_spec
from contracts_spec.periods import day_number
from exchange.codes import CommandKind
from exchange.demo.checks import Check, same_state
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.demo.story.accounts import Accounts, Explained, faults_of
from exchange.demo.story.cast import Desk, Who
from exchange.demo.story.chronicle import Chronicle
from exchange.demo.story.maker import Maker
from exchange.demo.story.prices import Spot, spots
from exchange.demo.story.traders import Roller, meet_call, work_programs
from exchange.engine import query
from exchange.engine.calls.standing import open_call
from exchange.engine.control.house.index import IndexPayload, RentalReport
from exchange.engine.engine import Engine
from exchange.journal.replay import replay_folder
from exchange.journal.verify import verify
from exchange.limits import NAMED
from exchange.main import long_run
from exchange.units import NS_PER_HOUR

FIRST = date(2026, 11, 2)
LAST = date(2028, 11, 1)
CHIPS = ("H100", "B200")
LIMITS = "venue"
ANSWER_NS = NS_PER_HOUR // 2
ONE_DAY = timedelta(days=1)
SELLERS, RENTED_HOURS = range(1, 5), 400  # numbers of the sellers of certified hours, and what each rents out a day


@dataclass(frozen=True)
class StoryResult:
    """The story when it has ended: what happened, the cash of each account, its house, and the checks."""

    first: date
    last: date
    chips: tuple[str, ...]
    commands: int
    chronicle: Chronicle
    explained: dict[int, Explained]
    cash_mills: dict[int, int]
    house_mills: dict[str, int]
    spots: dict[date, dict[str, Spot]]
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


class Story:
    """The venue of the story and its accounts."""

    def __init__(self, simulated: SimulatedVenue, seed: int) -> None:
        self.simulated = simulated
        self.desk = Desk(simulated)
        self.desk.open_accounts()
        chips = {chip.code: chip.name for chip in simulated.spec.listed_chips}
        self.maker, self.roller = Maker(self.desk, chips), Roller(self.desk, CHIPS[0])
        self.accounts = Accounts(simulated.venue.consumers.statements, [*Who])
        self.spots: dict[date, dict[str, Spot]] = {}
        self.faults: list[str] = []
        self._pays_ns = 0  # when the fund meets a call that has come; 0: there is none
        simulated.watch(self._watch_calls)
        self._chips = chips
        self._paths = {
            chip.name: spots(chip.name, chip.seed_mills or 1, FIRST, seed) for chip in simulated.spec.listed_chips
        }

    def play_day(self, day: date) -> None:
        """One UTC day, with its noon and its close."""
        today = self.spots[day] = {chip: next(path) for chip, path in self._paths.items()}
        self.simulated.go_to(day, hour=6, second=1_800)
        self._report_rentals(day)
        self.simulated.go_to(day, hour=8)
        self.maker.quote(day, today)
        self.simulated.go_to(day, hour=9)
        work_programs(self.desk, day)
        self.roller.roll(day)
        self.simulated.go_to(day, hour=21, second=1_800)
        self.accounts.add_day()
        self.faults += [f"{day}: {fault}" for fault in faults_of(self.simulated.states)]

    def _report_rentals(self, day: date) -> None:
        """Report yesterday's rentals of certified hours around the spot price: they make the index (INDEX-001)."""
        before = self.spots.get(day - ONE_DAY)
        if before is None:
            return
        rows, number = self.simulated.states[0].indices, day_number(day - ONE_DAY)
        rentals = [
            RentalReport(index, number, seller, before[self._chips[int(rows[index].group)]].spot + seller, RENTED_HOURS)
            for index in np.flatnonzero(rows["group"] > 0).tolist()
            for seller in SELLERS
        ]
        self.simulated.control(CommandKind.INDEX, IndexPayload(now_ns=self.simulated.clock.time_ns, rentals=rentals))

    def _watch_calls(self) -> None:
        """The fund meets its margin calls half an hour after they come; the speculator does not."""
        now_ns, call = self.simulated.clock.time_ns, open_call(self.simulated.states, Who.FUND)
        if call is None:
            self._pays_ns = 0
        elif not self._pays_ns:
            self._pays_ns = now_ns + ANSWER_NS
            self.simulated.wake_at(self._pays_ns)
        elif now_ns >= self._pays_ns:
            meet_call(self.desk, Who.FUND, call)


def play(
    folder: str, last: date, seed: int, progress: Callable[[date], None], chips: tuple[str, ...] = CHIPS
) -> StoryResult:
    """Run the story from its first day to `last`, and check it.

    progress  called with each day that has passed
    chips     that the venue lists, the first one is the fund's; orders in others are left out
    """
    with long_run():
        with SimulatedVenue(folder, FIRST, load_spec().with_chips(chips), LIMITS, seed) as simulated:
            story = Story(simulated, seed)
            day = FIRST
            while day <= last:
                story.play_day(day)
                progress(day)
                day += ONE_DAY
            story.accounts.end()
            sequence, state_hash = simulated.venue.sequence, simulated.venue.engine.state_hash()
        return _result_of(folder, last, chips, story, sequence, state_hash)


def _result_of(
    folder: str, last: date, chips: tuple[str, ...], story: Story, sequence: int, state_hash: bytes
) -> StoryResult:
    """Verify and replay the journal. The chronicle comes from the replay, the statements from the venue."""
    report = verify(folder)
    engine = Engine(NAMED[LIMITS])
    chronicle = Chronicle(engine.states)
    replay_folder(folder, engine, on_events=chronicle.take)
    totals = query.totals(engine.states)
    cash = {int(who): int(engine.states["accounts"]["cash_mills"][0, who]) for who in Who}
    checks = [
        *_checks(story, chronicle, cash, engine.states),
        Check("journal verified", True, f"{report.frames:,} frames, {report.records:,} commands, chain unbroken"),
        same_state(engine, sequence, state_hash),
    ]
    house = {house.name.lower(): mills for house, mills in totals.house_mills.items()}
    return StoryResult(
        FIRST, last, chips, sequence, chronicle, story.accounts.explained, cash, house, story.spots, checks
    )


def _checks(story: Story, chronicle: Chronicle, cash: Mapping[int, int], states: np.ndarray) -> Iterator[Check]:
    """Whether every mill is accounted for. `cash`, `states`: of the replay."""
    statements = story.accounts
    differing = [f"account {who}" for who in Who if statements.explained[who].closing != cash[who]]
    days = len(story.spots)
    for name, faults, detail in (
        ("ledger, variation and positions sum to zero", story.faults, f"after each of {days} days"),
        ("each statement continues the one before", statements.faults, f"{len(Who)} accounts, {days} days"),
        ("cascades move no money and leave no lots over", chronicle.faults, f"{chronicle.cascades} positions cascaded"),
        ("every mill of cash has its event", [*chronicle.unexplained(states)], "deposits, variation, fees, shortfall"),
        ("statements and journal agree on all cash", differing, f"{len(Who)} accounts"),
    ):
        yield Check(name, not faults, "; ".join(faults[:3]) or detail)
