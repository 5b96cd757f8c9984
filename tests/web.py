"""A web server on this machine that misbehaves in every known way, and what it serves."""

import gzip
import hashlib
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from associated_learning.data.download import DataFile

CONTENT = bytes(range(256)) * 800
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers `/name` by what `answers["name"]` does, and records what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[str] = []

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        self.server.asked.append(name)
        self.server.answers.get(name, not_found)(self)

    def reply(
        self, content: bytes, length: int | None = None, kind: str = "x/y", encoding: str = ""
    ) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def right(handler: Handler) -> None:
    handler.reply(CONTENT)


def compressed(handler: Handler) -> None:
    handler.reply(gzip.compress(CONTENT), encoding="gzip")


def wrong(handler: Handler) -> None:
    handler.reply(CONTENT[:-1] + b"!")


def web_page(handler: Handler) -> None:
    handler.reply(b"<html>Please log in.</html>", kind="text/html")


def cut(handler: Handler) -> None:
    handler.reply(CONTENT[:1000], length=len(CONTENT))


def slow(handler: Handler) -> None:
    time.sleep(0.6)
    handler.close_connection = True


def not_found(handler: Handler) -> None:
    handler.send_error(404)


def busy(handler: Handler) -> None:
    handler.send_error(503)


def one_file(*addresses: str) -> list[DataFile]:
    """A data set of one file with the right content."""
    return [DataFile("raw/file.gz", len(CONTENT), SHA256, addresses=addresses)]
