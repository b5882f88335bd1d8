"""`gpux contracts`: lists contracts, explains one, or compares two specifications (`contract_list`)."""


def contracts(
    symbol: str = "",
    *,
    chip: str = "",
    tier: str = "",
    kind: str = "",
    family: str = "",
    date: str = "",
    symbol_glob: str = "",
    json: bool = False,
    spec: str = "",
    against: str = "",
) -> None:
    """List the contracts of a day, or explain one in plain words with its numbers.

    Args:
        symbol: Explain this contract, like H100.G90.F27; without it, list contracts.
        chip: Only this chip, like H100.
        tier: Only this goodput tier, like G90.
        kind: Only month, quarter, year, term3, term5, calendar, tier or strip.
        family: Only PHY, IDX, INF, TOP, PWS or GPX.
        date: Trading day, like 2026-11-23; without it, today.
        symbol_glob: Only symbols that match a pattern with * and ?, like 'H100.G90.*'.
        json: Print JSON.
        spec: Folder of other specification files; without it, the built-in ones.
        against: Folder of the files in force; only check whether the files of --spec may replace them on that day.
    """
    from exchange.cli import contract_list

    filters = contract_list.Filters(chip, tier, kind, family, symbol_glob)
    if against:
        contract_list.check_alone("--against", filters, symbol, json)
        contract_list.show_changes(spec, against, date)
        return
    contract_list.show_contracts(symbol, filters, date, json, spec)
