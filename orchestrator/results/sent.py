"""The table of mails that were sent: what went to whom, so that nothing goes to anybody twice."""

import time
from dataclasses import dataclass

from orchestrator.results.schema import Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """A mail to one recipient (a bare address, lower case). `sure` is False if nobody knows whether it arrived.

    `key` is the mail's, whatever run it came from; `at` is a Unix time.
    """

    key: str
    recipient: str
    sure: bool
    at: float
    run: str
    subject: str


def begin(
    sql: Sql, key: str, recipients: tuple[str, ...], *, run: str, subject: str, again: bool = False
) -> tuple[str, ...]:
    """Note that a mail is about to be handed over: until `settle`, nobody knows whether it was sent.

    Returns those whom it is to go to: not who has it, nor, unless `again`, who may have it, nor whom another process
    is sending it to right now.
    """
    if again:
        sql.executemany("DELETE FROM sent WHERE mail = ? AND recipient = ? AND sure = 0", _rows(key, recipients))
    insert = """INSERT INTO sent (mail, recipient, sure, at, run, subject) VALUES (?, ?, 0, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING recipient"""
    now = time.time()
    return tuple(
        recipient
        for recipient in recipients
        if sql.execute(insert, (key, recipient.lower(), now, run, subject)).fetchone()
    )


def settle(sql: Sql, key: str, *, accepted: tuple[str, ...], refused: tuple[str, ...]) -> None:
    """Note what became of it: `accepted` have it, `refused` do not; others stay unsure."""
    sql.executemany("UPDATE sent SET sure = 1 WHERE mail = ? AND recipient = ?", _rows(key, accepted))
    sql.executemany("DELETE FROM sent WHERE mail = ? AND recipient = ?", _rows(key, refused))


def of_mail(sql: Sql, key: str) -> tuple[SentMail, ...]:
    """To whom the mail went, or may have gone, by recipient."""
    query = "SELECT recipient, sure, at, run, subject FROM sent WHERE mail = ? ORDER BY recipient"
    return tuple(
        SentMail(key=key, recipient=row[0], sure=bool(row[1]), at=row[2], run=row[3], subject=row[4])
        for row in sql.execute(query, (key,)).fetchall()
    )


def since(sql: Sql, begun: float) -> int:
    """How many mails, whatever their recipients, were handed over since then (a Unix time)."""
    return int(sql.execute("SELECT count(DISTINCT mail) FROM sent WHERE at >= ?", (begun,)).fetchone()[0])


def _rows(key: str, recipients: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(key, recipient.lower()) for recipient in recipients]
