"""A small patchwork that speaks as much of the REST API as a client of checks needs, as the real one answers.

https://patchwork.readthedocs.io/en/latest/api/rest/: lists in pages, `Authorization: Token`, 201 for what was made,
400 with an object of faults by field, 401, 403 and 404 with a `detail`.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "0123456789abcdef"
STATES = ("pending", "success", "warning", "fail")


@dataclass
class Server:
    """`patches`: Message-ID of each by its number; `checks`: of each, in the order they came. `broken` answers all."""

    patches: dict[int, str]
    checks: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    allowed: bool = True
    broken: tuple[int, bytes, dict[str, str]] | None = None
    tokens: list[str] = field(default_factory=list)
    url: str = ""

    def latest(self, patch: int) -> dict[str, str]:
        """The state of each context."""
        return {check["context"]: check["state"] for check in self.checks.get(patch, [])}


@contextmanager
def patchwork(server: Server) -> Iterator[Server]:
    """The server at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Silent."""

        def do_GET(self) -> None:
            self._answer(*_get(server, self.path) if self._known() else (401, {"detail": "Invalid token."}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._known():
                self._answer(401, {"detail": "Invalid token."})
            elif not server.allowed:
                self._answer(403, {"detail": "You do not have permission to perform this action."})
            else:
                self._answer(*_post(server, self.path, body))

        def _known(self) -> bool:
            server.tokens.append(self.headers.get("Authorization", ""))
            return server.tokens[-1] == f"Token {TOKEN}"

        def _answer(self, code: int, value: object) -> None:
            data, headers = json.dumps(value).encode(), {"Content-Type": "application/json"}
            if server.broken:
                code, data, headers = server.broken
            self.send_response(code)
            for name, text in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        server.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            httpd.shutdown()
            thread.join()


def _get(server: Server, path: str) -> tuple[int, object]:
    parts = urlsplit(path)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/api/patches/":
        wanted = query.get("msgid")
        return _page(
            [{"id": n, "msgid": f"<{msgid}>"} for n, msgid in server.patches.items() if msgid == wanted], query
        )
    if found := re.fullmatch(r"/api/patches/(\d+)/checks/", parts.path):
        return _page(server.checks.get(int(found[1]), []), query)
    return 404, {"detail": "Not found."}


def _page(values: list[dict[str, Any]], query: dict[str, str]) -> tuple[int, object]:
    size, page = min(int(query.get("per_page", "30")), 250), int(query.get("page", "1"))
    found = values[(page - 1) * size : page * size]
    return (200, found) if found or page == 1 else (404, {"detail": "Invalid page."})


def _post(server: Server, path: str, body: dict[str, Any]) -> tuple[int, object]:
    found = re.fullmatch(r"/api/patches/(\d+)/checks/", path)
    if not found or int(found[1]) not in server.patches:
        return 404, {"detail": "Not found."}
    faults = {}
    if body.get("state") not in STATES:
        faults["state"] = ["Not a valid choice."]
    if not re.fullmatch(r"[-a-zA-Z0-9_]{1,255}", body.get("context", "")):
        faults["context"] = ["Enter a valid slug."]
    if faults:
        return 400, faults
    checks = server.checks.setdefault(int(found[1]), [])
    checks.append({"target_url": None, **body, "id": sum(map(len, server.checks.values())) + 1})
    return 201, checks[-1]
