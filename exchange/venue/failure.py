"""What has stopped a venue: the first error between journal and engine, or of the disk below them (DUR-083)."""

from collections.abc import Callable


class Failure:
    """Keeps the error that stopped a venue and reports it once."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._listeners: list[Callable[[BaseException], None]] = []

    def listen(self, report: Callable[[BaseException], None]) -> None:
        """`report` is called with the error, at once if the venue has stopped already."""
        self._listeners.append(report)
        if self.error is not None:
            report(self.error)

    def note(self, error: BaseException) -> None:
        """The venue stops for this reason; an error that comes later is a consequence."""
        if self.error is not None:
            return
        self.error = error
        for report in self._listeners:
            report(error)
