"""What somebody sees of a page: its words, its links, its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

SILENT = {"script", "style", "template", "svg"}


@dataclass
class Seen(HTMLParser):
    """``links``: address by what is said of it; ``forms``: where they go; ``tags``: every start."""

    text: str = ""
    links: dict[str, str] = field(default_factory=dict)
    forms: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._silent = 0
        self._link: tuple[str, str, int] | None = None
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.tags.append((tag, named))
        self._silent += tag in SILENT
        if tag == "a":
            self._link = (named.get("aria-label", ""), named.get("href", ""), len(self._parts))
        if tag == "form":
            self.forms.append(named.get("action", ""))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT
        if tag == "a" and self._link:
            label, href, start = self._link
            self.links[label or joined(self._parts[start:])] = href
            self._link = None
        self._parts.append(" ") if tag not in {"a", "strong", "code", "time"} else None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def close(self) -> None:
        super().close()
        self.text = joined(self._parts)

    def having(self, **attributes: str) -> list[dict[str, str]]:
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [named for _tag, named in self.tags if wanted.items() <= named.items()]


def seen(response: Any) -> Seen:
    page = Seen()
    page.feed(response.content.decode())
    page.close()
    return page


def joined(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
