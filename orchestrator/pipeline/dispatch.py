"""`kmatrix send`: the drafts of a run, who of their recipients has them already, and the sending of the rest."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.headerregistry import Address
from pathlib import Path

from orchestrator.delivery.program import ProgramTransport, installed_sendmail
from orchestrator.delivery.settings import MailSettings, Program, SmtpServer, read_settings
from orchestrator.delivery.smtp import TIMEOUT_S, SmtpTransport
from orchestrator.delivery.transport import Delivery, Fate, Transport
from orchestrator.errors import InfrastructureError, UserError
from orchestrator.model.series import Series
from orchestrator.model.verdict import RunReport
from orchestrator.pipeline import products
from orchestrator.pipeline.past_runs import commit_index, report_of
from orchestrator.pipeline.resources import Places
from orchestrator.reporting.headers import address
from orchestrator.reporting.letters import AUTHOR, LIST, Draft, answerable
from orchestrator.results.store import Store
from orchestrator.series.git import operators_configuration, operators_credential

RATE = 20
"""Mails an hour, over all runs: a script gone wild stops here."""

_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to send. `commits` are numbers or shas, none means all; `tree` is where git's configuration is asked for.

    `again`: also to those of whom nobody knows whether they got it.
    """

    run: str = "last"
    to: str = AUTHOR
    commits: tuple[str, ...] = ()
    summary: bool = True
    identity: str | None = None
    tree: Path = Path()
    again: bool = False
    rate: int = RATE
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A draft and the bare addresses it has still to go to. `had` have it; of `unsure` nobody knows."""

    draft: Draft
    recipients: tuple[str, ...]
    had: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Everything decided before anything is sent."""

    run: str
    settings: MailSettings
    letters: tuple[Outgoing, ...]

    @property
    def left(self) -> tuple[Outgoing, ...]:
        """The letters that can and have to be sent."""
        return tuple(letter for letter in self.letters if letter.recipients and not letter.draft.problem)


def prepare(wanted: Wanted, places: Places) -> Dispatch:
    """The drafts of a run as they would be sent. Raises UserError, also for an audience they are not for."""
    report = report_of(places, wanted.run)
    settings = _complete(read_settings(operators_configuration(wanted.tree), wanted.identity))
    _check_audience(report.series, wanted.to, settings.sender)
    drafts = _chosen(report, products.letters_of(report, settings.sender, wanted.to), wanted)
    with Store.open(places.state) as store:
        letters = tuple(_outgoing(draft, store, again=wanted.again) for draft in drafts)
    return Dispatch(run=report.run, settings=settings, letters=letters)


def send(
    dispatch: Dispatch, wanted: Wanted, places: Places, tell: Callable[[Outgoing, Delivery], None]
) -> tuple[Delivery, ...]:
    """Send what is left, one mail after the other, noting each before and after; `tell` hears of each at once.

    Stops where the connection ends. Raises UserError or InfrastructureError if there is none to be had, or if more
    would go out in an hour than `wanted.rate`; what was sent until then is noted.
    """
    done: list[Delivery] = []
    with Store.open(places.state) as store:
        room = max(wanted.rate - store.mails_since(time.time() - _HOUR_S), 0)
        for number, batch in enumerate(_batches(dispatch.left[:room], dispatch.settings.batch_size)):
            if number:
                time.sleep(dispatch.settings.relogin_delay_s)
            with _transport(dispatch.settings, wanted) as transport:
                for letter in batch:
                    delivery = _deliver(letter, dispatch, transport, store, again=wanted.again)
                    done.append(delivery)
                    tell(letter, delivery)
                    if delivery.over:
                        return tuple(done)
    if len(dispatch.left) > room:
        raise InfrastructureError(
            f"{len(dispatch.left) - room} of {len(dispatch.left)} mails are not sent: {wanted.rate} an hour is the "
            "limit (--rate N); the same command later sends the rest"
        )
    return tuple(done)


def _deliver(letter: Outgoing, dispatch: Dispatch, transport: Transport, store: Store, *, again: bool) -> Delivery:
    draft = letter.draft
    about = {"run": dispatch.run, "subject": str(draft.message["Subject"])}
    recipients = store.sending(draft.key, letter.recipients, **about, again=again)
    if not recipients:
        return Delivery(fate=Fate.SENT, detail="another kmatrix sent it meanwhile")
    delivery = transport.deliver(_envelope_sender(dispatch.settings), recipients, draft.message)
    if delivery.fate is not Fate.UNSURE:
        refused = tuple(one for one in recipients if one not in delivery.accepted)
        store.sent(draft.key, accepted=delivery.accepted, refused=refused)
    return delivery


def _complete(settings: MailSettings) -> MailSettings:
    """With what git-send-email does where no server is configured: the machine's sendmail, else localhost."""
    server = settings.transport
    if isinstance(server, Program) or server.host:
        return settings
    return replace(settings, transport=installed_sendmail() or replace(server, host="localhost"))


def _check_audience(series: Series, to: str, sender: str) -> None:
    """Raise UserError if the mails are not for `to`: a report on a guessed base is for the operator and the author."""
    mails = [mail for mail in (series.cover, *(commit.mail for commit in series.commits)) if answerable(mail)]
    if to == LIST and not mails:
        raise UserError(
            "--to list: this series was not mailed, so there is no list to answer; use author or an address"
        )
    if not series.base_guessed:
        return
    people = {*_bare(mail.sender for mail in mails if mail), *_bare(commit.author for commit in series.commits)}
    others = {*_bare(text for mail in mails if mail for text in (*mail.to, *mail.cc))} - people - {*_bare((sender,))}
    if to == LIST or not others.isdisjoint(_bare((to,))):
        raise UserError(
            f"--to {to}: the base of this series is a guess ({series.base_reason}), and a report on a wrong base helps "
            "nobody; run it with --base REV, or send it to the author"
        )


def _bare(texts: Iterator[str] | tuple[str, ...]) -> list[str]:
    return [found.addr_spec.lower() for text in texts if (found := address(text)) is not None]


def _chosen(report: RunReport, drafts: tuple[Draft, ...], wanted: Wanted) -> tuple[Draft, ...]:
    numbers = {commit_index(report, commit) for commit in wanted.commits}
    if numbers:
        return tuple(draft for draft in drafts if draft.commit in numbers and draft.commit)
    return tuple(draft for draft in drafts if draft.commit or wanted.summary)


def _outgoing(draft: Draft, store: Store, *, again: bool) -> Outgoing:
    everybody = _recipients(draft)
    known = {mail.recipient: mail.sure for mail in store.recipients(draft.key)}
    had = tuple(one for one in everybody if known.get(one.lower()))
    unsure = tuple(one for one in everybody if known.get(one.lower()) is False)
    left = tuple(one for one in everybody if one not in had and (again or one not in unsure))
    return Outgoing(draft=draft, recipients=left, had=had, unsure=unsure)


def _recipients(draft: Draft) -> tuple[str, ...]:
    found: list[Address] = [one for name in ("To", "Cc") if (header := draft.message[name]) for one in header.addresses]
    return tuple(dict.fromkeys(one.addr_spec for one in found))


def _envelope_sender(settings: MailSettings) -> str:
    chosen = settings.envelope_sender if settings.envelope_sender not in (None, "auto") else settings.sender
    found = address(chosen or "")
    if found is None:
        raise UserError(f"sendemail.envelopeSender = {chosen}: expected an address user@host, or auto")
    return found.addr_spec


def _batches(letters: tuple[Outgoing, ...], size: int) -> Iterator[tuple[Outgoing, ...]]:
    step = size or len(letters) or 1
    for start in range(0, len(letters), step):
        yield letters[start : start + step]


def _transport(settings: MailSettings, wanted: Wanted) -> Transport:
    target = settings.transport
    if isinstance(target, Program):
        configured = settings.envelope_sender is not None
        return ProgramTransport(target, envelope_sender=configured, timeout_s=wanted.timeout_s)
    return _smtp(target, wanted)


def _smtp(server: SmtpServer, wanted: Wanted) -> SmtpTransport:
    """SMTP with the password of the configuration, else of git's credential helpers."""
    about = {"protocol": "smtp", "host": f"{server.host}:{server.port}", "username": server.user}
    filled: dict[str, str] = {}

    def password() -> str:
        if server.password is not None:
            return server.password
        filled.update(operators_credential(wanted.tree, "fill", about))
        if "password" not in filled:
            raise UserError(
                f"no password for {server.user} at {server.host}: set sendemail.smtpPass or a credential helper of git"
            )
        return filled["password"]

    def judged(right: bool) -> None:
        if filled:
            operators_credential(wanted.tree, "approve" if right else "reject", filled)

    return SmtpTransport(server, password, judged, timeout_s=wanted.timeout_s)
