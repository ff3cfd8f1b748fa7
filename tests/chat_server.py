"""A real server that speaks the protocol of chat completions, and that fails as servers do when a test asks it to."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

Body = dict[str, Any]


@dataclass
class Fault:
    """A reply that is no answer."""

    status: int = 200
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cuts: bool = False
    """Whether the connection ends before the reply does."""
    silent_until: threading.Event | None = None
    """Says nothing before this happens."""


def said_to(body: Body) -> str:
    """The user's last words."""
    return str(body["messages"][-1]["content"])


def completion(text: str, *, finish: str = "stop", **more: Any) -> Body:
    """The JSON of an answer, with one token a word."""
    logprobs = {"content": [{"token": word, "logprob": -0.5} for word in text.split()]}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 10, "completion_tokens": len(text.split())}
    return {"model": "tiny-1", "choices": [choice | {"logprobs": logprobs}], "usage": usage} | more


@dataclass
class ChatServer:
    """Answers on a port of 127.0.0.1 while it is entered."""

    answer: Callable[[Body], Body | Fault] = lambda body: completion(f"Answer to {said_to(body)}")
    faults: list[Fault] = field(default_factory=list)
    """Replies to the first requests, in order."""
    seen: list[tuple[dict[str, str], Body]] = field(default_factory=list)
    """Headers and body of every request."""
    paths: list[str] = field(default_factory=list)
    most_at_once: int = 0
    certificate: tuple[Path, Path] | None = None
    """Files of a certificate and its key: it then speaks TLS."""
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address before `/chat/completions`."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def prompts(self) -> list[str]:
        """What was asked, in the order in which it came."""
        return [said_to(body) for _, body in self.seen]

    def reply_to(self, headers: dict[str, str], body: Body) -> Body | Fault:
        """Note a request, and find its reply."""
        with self._lock:
            self.seen.append((headers, body))
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            fault = self.faults.pop(0) if self.faults else None
        try:
            return self.answer(body) if fault is None else fault
        finally:
            with self._lock:
                self._now -= 1


def _handler_for(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            server.paths.append(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = server.reply_to(dict(self.headers), body)
            if isinstance(reply, dict):
                reply = Fault(200, json.dumps(reply), {"Content-Type": "application/json"})
            if reply.silent_until is not None:
                reply.silent_until.wait(30)
            self._send(reply)

        def _send(self, reply: Fault) -> None:
            raw = reply.text.encode()
            try:
                self.send_response(reply.status)
                for name, value in {
                    "Content-Length": str(len(raw) + (10 if reply.cuts else 0)),
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)
                self.wfile.flush()
            except OSError:  # the client has given up
                self.close_connection = True
            if reply.cuts:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
