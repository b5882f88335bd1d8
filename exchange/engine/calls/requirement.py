"""Full initial margin of accounts from the engine's state (MARGIN-001), also with hypothetical lots on top."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from exchange.clearing.full_margin import INTER, PARTS, full_margins, sort_holdings


class FullMargin(NamedTuple):
    """Parts of one account's full margin, mills. `inter` is a credit: the total is the sum of the others less it."""

    scan: int
    intra: int
    tier: int
    addon: int
    inter: int

    @property
    def total(self) -> int:
        return sum(self) - 2 * self.inter


class _Tables(NamedTuple):
    """What `full_margins` is computed with besides positions, as that function has it."""

    places: np.ndarray
    first_piece: np.ndarray
    pieces: np.ndarray
    rates: np.ndarray
    pairs: np.ndarray
    addon_bp: int
    cells: np.ndarray
    nets: np.ndarray


def required_mills(state: np.record) -> np.ndarray:
    """Full margin of every account, mills, int64."""
    parts = _parts_of_all(state)
    found: np.ndarray = parts.sum(axis=1) - 2 * parts[:, INTER]
    return found


def margin_parts(state: np.record, account: int, more: Iterable[tuple[int, int]] = ()) -> FullMargin:
    """Full margin of one account. Changes nothing.

    more  hypothetical lots on top: (book, signed lots) of outrights, or of combinations, which count in their legs
    """
    used = int(state.used_positions) + 1
    positions = state.positions[:used]
    own = positions[positions["account"] == account]
    lots: dict[int, int] = dict(zip(own["book"].tolist(), own["lots"].tolist(), strict=True))
    for index, count in more:
        book = state.books[index]
        for leg in book.legs[: int(book.leg_count)]:
            lots[int(leg["book"])] = lots.get(int(leg["book"]), 0) + count * int(leg["sign"])
    held = np.array([*lots.items()], np.int64).reshape(-1, 2)
    parts = np.zeros((1, PARTS), np.int64)
    full_margins(np.array([0, len(held)], np.int64), held, *_tables(state), parts)
    return FullMargin(*parts[0].tolist())


def _parts_of_all(state: np.record) -> np.ndarray:
    positions = state.positions[: int(state.used_positions) + 1]
    accounts = state.accounts.shape[0]
    first = np.zeros(accounts + 1, np.int64)
    held = np.empty((len(positions), 2), np.int64)
    sort_holdings(positions["account"], positions["book"], positions["lots"], first, held)
    parts = np.empty((accounts, PARTS), np.int64)
    full_margins(first, held, *_tables(state), parts)
    return parts


def _tables(state: np.record) -> _Tables:
    count = int(state.books_listed) + 1
    books, months = state.books[:count], state.book_months[:count]
    counts = np.where(books["leg_count"] == 1, months["count"], 0)
    named = np.arange(months["month"].shape[1]) < counts[:, None]
    numbers = months["month"][named].astype(np.int64)
    earliest = int(numbers.min()) if len(numbers) else 0
    span = int(numbers.max(initial=earliest)) - earliest + 1
    floors, tiers = np.unique(books["floor_bp"], return_inverse=True)
    rows = state.commodities
    addon = state.margin_terms.addon_month[: len(rows)].astype(np.int64)
    is_there = (addon >= earliest) & (addon < earliest + span) & (addon != 0)
    rates = [rows["psr_mills"], rows["intra_mills"], rows["tier_mills"], np.where(is_there, addon - earliest, span)]
    pairs = state.margin_terms.pairs[: int(state.margin_terms.pairs_used)]
    return _Tables(
        places=np.stack([books["commodity"].astype(np.int64), tiers.astype(np.int64)], axis=1),
        first_piece=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        pieces=np.stack([numbers - earliest, months["hours"][named].astype(np.int64)], axis=1),
        rates=np.ascontiguousarray(np.stack(rates, axis=1), np.int64),
        pairs=np.column_stack([pairs["commodities"], pairs["ratio"], pairs["credit_bp"]]).astype(np.int64),
        addon_bp=int(state.margin_terms.addon_bp),
        cells=np.zeros((len(rows), span, len(floors)), np.int64),
        nets=np.zeros(len(rows), np.int64),
    )
