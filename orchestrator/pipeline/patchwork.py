"""Checks of a report posted to a patchwork server, with the operator's token and only when asked.

What stands there already is not posted again, so the same command can be given twice.
"""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import InfrastructureError, UserError
from orchestrator.reporting.patchwork import Check, PatchChecks
from orchestrator.reporting.text import printable

TIMEOUT_S = 30.0
_ANSWER_BYTES = 8 << 20
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """How many checks were `new`, how many stood there already (`known`), and patches the server does not know."""

    new: int
    known: int
    strangers: tuple[str, ...] = ()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for this server alone: urllib would hand it on to wherever a redirect leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Patchwork:
    """A server by the address of its start page, and the token of somebody who may edit the patches there."""

    def __init__(self, url: str, token: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise UserError(f"{printable(url)}: expected the address of a patchwork: https://patchwork.example.org")
        if parts.scheme == "http" and parts.hostname not in _HERE:
            raise UserError(f"{printable(url)}: a token goes over https only")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise UserError(
                "no token to post with: set KMATRIX_PATCHWORK_TOKEN to the API token of your patchwork profile"
            )
        self._url = url.rstrip("/")
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def post(self, patches: Iterable[PatchChecks]) -> Posted:
        """Post what is new. Raises UserError if the server refuses, InfrastructureError if it cannot be reached."""
        new = known = 0
        strangers = []
        for patch in patches:
            ids = self._ids(patch.message_id)
            if not ids:
                strangers.append(patch.message_id)
            for number in ids:
                there = self._latest(number)
                for check in patch.checks:
                    if there.get(check.context) == (check.state, check.description, check.target_url):
                        known += 1
                    else:
                        self._ask(f"patches/{number}/checks/", _body(check))
                        new += 1
        return Posted(new=new, known=known, strangers=tuple(strangers))

    def _ids(self, message_id: str) -> list[int]:
        """The patch in each project that has it."""
        return [_number(patch) for patch in self._pages(f"patches/?msgid={urllib.parse.quote(message_id, safe='')}")]

    def _latest(self, patch: int) -> dict[str, tuple[str, ...]]:
        """(state, description, address) of the latest check of each context; ids grow."""
        found = sorted(self._pages(f"patches/{patch}/checks/"), key=_number)
        keys = ("state", "description", "target_url")
        return {str(check.get("context")): tuple(str(check.get(key) or "") for key in keys) for check in found}

    def _pages(self, path: str) -> list[dict[str, Any]]:
        """All objects of a list: patchwork gives so many a page."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            joint = "&" if "?" in path else "?"
            answer = self._ask(f"{path}{joint}per_page=100&page={page}")
            if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
                raise self._strange(path)
            found += answer
            if len(answer) < 100:
                return found
            page += 1

    def _ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - http or https, see above
            f"{self._url}/api/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self._token}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read(_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except (OSError, http.client.HTTPException) as error:
            why = printable(str(getattr(error, "reason", error)))
            raise InfrastructureError(f"{self._url}: cannot be reached: {why}; what was posted stays") from error
        except ValueError as error:
            raise self._strange(path) from error

    def _refused(self, error: urllib.error.HTTPError) -> UserError | InfrastructureError:
        if error.code in (401, 403):
            return UserError(
                f"{self._url}: the token was refused ({error.code}): checks are for those who may edit the patch, "
                "the maintainers of the project"
            )
        if error.code >= 500 or error.code == 429:
            return InfrastructureError(f"{self._url}: the server failed ({error.code}); try again later")
        moved = printable(error.headers.get("Location") or "") if 300 <= error.code < 400 else ""
        what = f"it has moved to {moved}" if moved else f"it answered {error.code}: {_said(error)}"
        return UserError(f"{self._url}: {what}; expected the address of a patchwork, without /api or a project")

    def _strange(self, path: str) -> UserError:
        return UserError(f"{self._url}/api/{path.partition('?')[0]}: no answer of a patchwork; is the address right?")


def _number(found: dict[str, Any]) -> int:
    number = found.get("id")
    return number if isinstance(number, int) else 0


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return printable(error.read(500).decode("utf-8", "replace")) or "nothing"
    except (OSError, http.client.HTTPException):
        return "nothing"


def _body(check: Check) -> dict[str, str]:
    body = {"state": check.state, "context": check.context, "description": check.description}
    return body | ({"target_url": check.target_url} if check.target_url else {})
