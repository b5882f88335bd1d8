"""Commands that show what a venue has settled. Modules marked * do the work of a command; they load slowly.

statement.py          `gpux statement`
curve.py              `gpux curve`
  curve_points.py *     settlements of a running venue, or of a data folder
  curve_report.py *     the forward price of each month; table and plot
"""
