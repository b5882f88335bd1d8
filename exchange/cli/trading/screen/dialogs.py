"""Questions with yes and no, and the help."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

HELP = """\
 Up Down      choose a price in the ladder        PgUp PgDn  by five
 b  s         ticket to buy or sell at the chosen price
 x            cancel your orders at the chosen price
 o            your working orders: Enter cancels one, e changes it
 K            kill: cancel everything and stop; K again releases
 /            find an instrument                  n  p  next, previous
 ?  F1        this help                           q  leave

 Ticket: Tab next field, F2 buy or sell, F3 how long, F4 post-only.
 Enter asks for the margin, Enter again sends, Esc leaves.

 Ladder: bids left, asks right, implied lots apart: they come from
 other books. 5#120 at the edge: you work 5 lots, 120 lots trade
 before them ("#" needs a venue with the channel orders).
 Tape: B buyer, S seller was the aggressor, = neither (auction).
 What you have entered stays in the book when you leave, and when the
 connection is lost. Link line: rtt is the way to the venue and back,
 heard the time since its last heartbeat, lag a slow line.
 kill? call?: whether the account is killed or called is not known,
 as only events say so, and none has come since the logon."""


class Dialog(ModalScreen[bool]):
    """Shows a text. Esc closes it with no; in a question y and Enter answer with yes."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 74; height: auto; border: heavy $foreground; padding: 0 1; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q,question_mark,f1", "answer(False)", show=False),
        Binding("y,enter", "answer(True)", show=False),
    ]

    def __init__(self, title: str, text: str, answers: str) -> None:
        super().__init__()
        self._title, self._text, self._answers = title, text, answers

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(self._title, "bold"))
            yield Static(Text(self._text))
            yield Static(Text(self._answers, "reverse"))

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


def help_dialog() -> Dialog:
    return Dialog("Keys of gpux top", HELP, " Esc closes ")


def question(title: str, text: str) -> Dialog:
    return Dialog(title, text, " y or Enter: yes    n or Esc: no ")
