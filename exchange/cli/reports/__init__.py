"""Commands that show what a venue has settled, and what accounts hold. Modules marked * do the work of a command; they
load slowly.

statement.py          `gpux statement`
margin.py             `gpux margin`
  margin_report.py *    reads hypothetical orders and lots; the table
curve.py              `gpux curve`
  curve_points.py *     settlements of a running venue, or of a data folder
  curve_report.py *     the forward price of each month; table and plot
"""
