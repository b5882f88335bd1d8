"""`gpux curve`: the settlements of a chip by delivery period, and the forward prices in them (`curve_points`)."""

from typing import Annotated

from cyclopts import Parameter

from exchange.cli.trading.place import public_place


def curve(
    chip: str,
    *,
    tier: str = "G90",
    venue: Annotated[str, Parameter(name=["--venue", "--url"])] = "",
    folder: str = "",
    plot: str = "",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Show the settled curve of a chip: months, quarters, years and terms, and the price of each month that they imply.

    Args:
        chip: Chip, like H100.
        tier: Quality tier, like G90.
        venue: Address of the venue; without it GPUX_VENUE, then the profile, then ws://127.0.0.1:8443.
        folder: Data folder of a venue instead; its journal is replayed, without changing it.
        plot: Draw the curve into this file too, in front of the one settled before: .png, .svg or .pdf.
        json: Print JSON, a line for each settlement, then one for each price of the forward curve.
    """
    from rich.console import Console

    from exchange.cli.reports import curve_points, curve_report

    if plot:
        curve_report.check_plot(plot)
    points = curve_points.of_folder(folder) if folder else curve_points.of_venue(public_place(venue))
    report = curve_report.report(points, chip, tier)
    if json:
        curve_report.print_json(report)
    else:
        curve_report.show(report, Console())
    if plot:
        curve_report.draw(report, plot)
