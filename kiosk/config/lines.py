"""Find the line on which a setting stands: TOML's parser tells what a file says, and not where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

BLANK = re.compile(r"(?:\s|#[^\n]*)*")
"""What stands between two values: space, line ends and comments."""

STRING = re.compile(r'"""(?:\\.|.)*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)

PLAIN = re.compile(r"[^\s,#\[\]{}=]+(?: [0-9:.+Zz-]+)?")
"""A number, a date with its time, true or false."""

LONGEST = 200
"""The longest path that is looked for, in characters."""

KEY = re.compile(r"\s*(?:(\"(?:\\.|[^\"\\])*\"|'[^']*')|([A-Za-z0-9_-]+))\s*(\.)?")


def lines_of(text: str) -> Mapping[str, int]:
    """Return the line, counted from 1, of each setting and table in a TOML text that was parsed and found to be right.

    Paths are as mistakes name them: `slots[2].options.pin`. One that is longer than LONGEST has no line.
    """
    return _Scan(text).lines


def line_at(lines: Mapping[str, int], path: str) -> int | None:
    """Return the line of a setting, or of the table that should have it; None for the file as a whole."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


class _Scan:
    """Reads the text once, from table to table and from value to value."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._counted = 0
        self._line = 1
        self._sizes: Counter[str] = Counter()
        self.lines: dict[str, int] = {}
        table = ""
        while self._skip():
            if text[self._at] == "[":
                table = self._header()
            else:
                self._setting(table)

    def _skip(self) -> bool:
        """Go to what comes next; False at the end."""
        found = BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _header(self) -> str:
        many = self._text.startswith("[[", self._at)
        began = self._at
        self._at += 2 if many else 1
        path = self._path("")
        if many:
            self._sizes[path] += 1
            path = f"{path}[{self._sizes[path] - 1}]"
        self._note(path, began)
        self._at += 2 if many else 1
        return path

    def _setting(self, table: str) -> None:
        began = self._at
        path = self._path(table)
        self._note(path, began)
        self._at += 1  # the equals sign
        self._value(path)

    def _path(self, path: str) -> str:
        """Read a key, which may have dots, and return where it leads from `path`."""
        dotted = True
        while dotted:
            found = KEY.match(self._text, self._at)
            assert found, "TOML that was parsed has a key here"
            name, dotted = found[2] or _bare(found[1]), bool(found[3])
            # Under a list of tables that stand on their own, a name means the latest of them.
            path = f"{path}.{name}" if path else name
            if self._sizes[path] and (dotted or not self._text.startswith("]]", found.end())):
                path = f"{path}[{self._sizes[path] - 1}]"
            self._at = found.end()
        return path

    def _value(self, path: str) -> None:
        self._skip()
        if self._text[self._at] in "[{":
            self._list(path) if self._text[self._at] == "[" else self._table(path)
        else:
            found = STRING.match(self._text, self._at) or PLAIN.match(self._text, self._at)
            assert found, "TOML that was parsed has a value here"
            self._at = found.end()

    def _list(self, path: str) -> None:
        for index in self._until("]"):
            item = f"{path}[{index}]"
            self._note(item, self._at)
            self._value(item)

    def _table(self, path: str) -> None:
        for _ in self._until("}"):
            self._setting(path)

    def _until(self, end: str) -> Iterator[int]:
        """Give the number of each item up to the bracket that ends them, and stand behind that."""
        self._at += 1
        index = 0
        while self._skip() and self._text[self._at] != end:
            if self._text[self._at] == ",":
                self._at += 1
                continue
            yield index
            index += 1
        self._at += 1

    def _note(self, path: str, at: int) -> None:
        if len(path) > LONGEST:  # no setting has such a name
            return
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        self.lines.setdefault(path, self._line)


def _bare(name: str) -> str:
    """Return a key in quotes as it stands in paths: without them, where it needs none."""
    return name[1:-1] if name[1:-1].isidentifier() else name
