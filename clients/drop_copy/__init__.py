"""The drop copy of a clearing firm: the messages of all of its accounts, for its desk (ACCT-010).

desk        `connect_drop_copy` and `DropCopy`: messages without gaps, kills, queries
copy_core   the protocol of such a session without sockets
"""

from clients.drop_copy.desk import DropCopy, connect_drop_copy

__all__ = ["DropCopy", "connect_drop_copy"]
