"""What stands in a page of HTML, for tests to ask for by the attributes that are its contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "option", "path", "rect"})


@dataclass
class Element:
    """An element with what stands in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(one if isinstance(one, str) else one.text for one in self.children)

    def all(self) -> Iterator[Element]:
        """This element and all in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def having(self, attribute: str, value: str | None = None) -> list[Element]:
        """All elements with an attribute, and perhaps with that very value of it."""
        return [
            one
            for one in self.all()
            if attribute in one.attributes and value in {None, one.attributes[attribute]}
        ]

    def one(self, attribute: str, value: str | None = None) -> Element:
        """The only such element."""
        found = self.having(attribute, value)
        assert len(found) == 1, f"{len(found)} elements with {attribute}={value}"
        return found[0]

    def links(self) -> list[str]:
        return [one.attributes["href"] for one in self.all() if one.tag == "a"]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parse(text: str) -> Element:
    """Return what stands in a page; every element has to be closed where it was opened."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert parser._open == [parser.root], "something is never closed"
    return parser.root
