"""How XML from outside is read: bounded, without entities or anything fetched, each fault named by its element."""

from collections.abc import Collection, Mapping
from typing import Any

from lxml import etree

Element = Any
MOST_SHOWN = 80


class NotUnderstood(ValueError):
    """A document that is not ours to read, or that lacks something; ``element`` at fault, ``given`` what stands there."""

    def __init__(self, element: str, given: str = "") -> None:
        super().__init__(f"{element}: {given[:MOST_SHOWN]}" if given else element)
        self.element = element
        self.given = given[:MOST_SHOWN]


def read(content: bytes, namespace: str, roots: Collection[str]) -> Element:
    """The root of a document of one of these kinds. Raises NotUnderstood.

    A document type definition is refused whatever it says: nobody's schedule needs one, and entities grow without bounds.
    """
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise NotUnderstood("xml", str(fault)) from None
    if root.getroottree().docinfo.doctype:
        raise NotUnderstood("DOCTYPE", root.getroottree().docinfo.doctype)
    name = etree.QName(root)
    if name.namespace != namespace or name.localname not in roots:
        raise NotUnderstood("root", f"{{{name.namespace or ''}}}{name.localname}")
    return root


def children(parent: Element, name: str) -> list[Element]:
    return list(parent.iterchildren(f"{{{etree.QName(parent).namespace}}}{name}"))


def child(parent: Element, name: str) -> Element:
    """The first of this name. Raises NotUnderstood."""
    found = children(parent, name)
    if not found:
        raise NotUnderstood(f"{etree.QName(parent).localname}/{name}")
    return found[0]


def text(parent: Element, name: str) -> str | None:
    """What the first of this name says, without space around it; None when there is none, or nothing in it."""
    found = children(parent, name)
    said = (found[0].text or "").strip() if found else ""
    return said or None


def required(parent: Element, name: str) -> str:
    """Raises NotUnderstood."""
    said = text(parent, name)
    if said is None:
        raise NotUnderstood(f"{etree.QName(parent).localname}/{name}")
    return said


def identified(named: Mapping[str, Element], name: str) -> Element:
    """The one of this identifier. Raises NotUnderstood."""
    if name not in named:
        raise NotUnderstood(f"JobOrderParameter {name}")
    return named[name]
