"""A widget of text lines that paints only what has changed: a slow line to the terminal carries no more than that."""

from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget):
    """Shows lines of text from the top; what is below them is empty."""

    DEFAULT_CSS = "Lines { width: 100%; height: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Text] = []

    def show(self, lines: list[Text]) -> None:
        """Replace the lines. Only changed parts of them are painted."""
        before, self._lines = self._lines, lines
        blank = Text()
        for y in range(max(len(before), len(lines))):
            old, new = (part[y] if y < len(part) else blank for part in (before, lines))
            start, end = changed_span(old, new)
            if start < end:
                self.refresh(Region(start, y, end - start, 1))

    def render_line(self, y: int) -> Strip:
        text = self._lines[y] if y < len(self._lines) else Text()
        strip = Strip(text.render(self.app.console), text.cell_len)
        return strip.adjust_cell_length(self.size.width).apply_style(self.rich_style)


def changed_span(old: Text, new: Text) -> tuple[int, int]:
    """(first changed column, column after the last one); equal numbers: nothing has changed.

    If styles differ, or a character is wider than a column, it is the whole line.
    """
    if old == new and old.spans == new.spans and old.style == new.style:
        return 0, 0
    width = max(old.cell_len, new.cell_len)
    if (old.spans, old.style) != (new.spans, new.style) or len(old) != old.cell_len or len(new) != new.cell_len:
        return 0, width
    a, b = old.plain.ljust(width), new.plain.ljust(width)
    differing = [column for column in range(width) if a[column] != b[column]]
    return (differing[0], differing[-1] + 1) if differing else (0, 0)
