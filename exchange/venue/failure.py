"""Keeps the error that stopped a venue: the first one of journal, engine or disk (DUR-083)."""

from collections.abc import Callable


class Failure:
    """Keeps the error that stopped a venue and reports it once."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._listeners: list[Callable[[BaseException], None]] = []

    def listen(self, report: Callable[[BaseException], None]) -> None:
        """Call `report` with the error when the venue stops, or at once if it has stopped already."""
        self._listeners.append(report)
        if self.error is not None:
            report(self.error)

    def note(self, error: BaseException) -> None:
        """Note why the venue stops. Later errors are consequences of the first one and ignored."""
        if self.error is not None:
            return
        self.error = error
        for report in self._listeners:
            report(error)
