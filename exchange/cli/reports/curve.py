"""`gpux curve`: the settlements of a chip by delivery period, and the forward prices in them (`curve_points`)."""


def curve(chip: str, *, tier: str = "G90", url: str = "ws://127.0.0.1:8443", folder: str = "", plot: str = "") -> None:
    """Show the settled curve of a chip: months, quarters, years and terms, and the price of each month that they imply.

    Args:
        chip: Chip, like H100.
        tier: Quality tier, like G90.
        url: Address of a running venue.
        folder: Data folder of a venue instead; its journal is replayed, without changing it.
        plot: Draw the curve into this file too, in front of the one settled before: .png, .svg or .pdf.
    """
    from rich.console import Console

    from exchange.cli.reports import curve_points, curve_report

    if plot:
        curve_report.check_plot(plot)
    points = curve_points.of_folder(folder) if folder else curve_points.of_venue(url)
    report = curve_report.report(points, chip, tier)
    curve_report.show(report, Console())
    if plot:
        curve_report.draw(report, plot)
