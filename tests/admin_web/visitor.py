"""A browser without JavaScript: it opens pages, fills in the form it finds there, and sends it."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "plum ferry window nine"


class Visitor:
    """Keeps its own cookies. `base` is the address it came by."""

    def __init__(self, app: Flask, base: str = "http://localhost", address: str = "127.0.0.1") -> None:
        self.http = app.test_client()
        self._where: dict[str, Any] = {"base_url": base, "environ_base": {"REMOTE_ADDR": address}}
        self._headers = {"Referer": base + "/"}

    def open(self, path: str) -> TestResponse:
        return self.http.get(path, buffered=True, **self._where)

    def read(self, path: str, status: int = 200) -> str:
        """Open a page and return its words, without tags."""
        answer = self.open(path)
        assert answer.status_code == status, answer.text
        return words(answer.text)

    def send(self, path: str, **typed: str) -> TestResponse:
        """Open a page, fill in its form, and send it."""
        return self.post(path, **{**hidden(self.open(path).text), **typed})

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.http.post(path, data=fields, headers=self._headers, **self._where)

    def sign_in(self, name: str = "Sam", password: str = PASSWORD) -> TestResponse:
        return self.send("/sign-in", name=name, password=password)

    def sign_out(self) -> None:
        answer = self.post("/sign-out", **hidden(self.open("/account").text))
        assert answer.location == "/sign-in"


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the last form that has some besides the sign-out button's."""
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value:
            fields[name[1]] = html.unescape(value[1])
    return fields


def words(page: str) -> str:
    """Return what can be read on a page."""
    body = re.sub(r"<(head|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
