"""What a LIST says is JSON with the names that journals hold."""

import msgspec

from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms


def test_names_of_fields_are_those_that_journals_hold() -> None:
    book = InstrumentTerms(1, 2, "X", 1, 1, 720, 100, 80, 120, legs=[(3, -1)])
    assert msgspec.json.encode(book) == (
        b'{"index":1,"instrument_id":2,"symbol":"X","group":1,"commodity":1,"hours":720,"settle_tick":100,'
        b'"low_tick":80,"high_tick":120,"months":[],"legs":[[3,-1]],"family":0,"period_kind":0,"combo":0,"floor_bp":0,'
        b'"fee_hours":0,"start_month":0,"ltd_ns":0,"order_entry":0,"matching":0,"min_inc":1,"lot_inc":1,'
        b'"order_lots_max":10000,"band_ticks":0,"protection_ticks":0,"show_ratio":0,"maker_fee":0,"taker_fee":0,'
        b'"auction_fee":0,"term":false,"sharing":{},"implied":false,"guard":{}}'
    )
    commodity = CommodityTerms(1, 2, psr_mills=40, intra_mills=6, tier_mills=5)
    assert msgspec.json.encode(commodity) == (
        b'{"index":1,"group":2,"psr_mills":40,"intra_mills":6,"tier_mills":5,"spot_lots_max":0,"spot_month":0}'
    )
