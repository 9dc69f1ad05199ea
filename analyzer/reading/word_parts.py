"""The parts of a Word file: XML out of a zip, without a look outside it.

What stands in other places (linked templates, pictures on a server) is never fetched, entities are never expanded, macros never run.
"""

from __future__ import annotations

import posixpath
from typing import Any

from lxml import etree

from analyzer.errors import DamagedWord
from analyzer.reading.zipped import ZipReader

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
)
"""Names in files saved as "Strict Open XML", and the usual ones for the same things."""
_FALSE = {"0", "false", "off"}


def value_of(element: Any, name: str) -> str | None:
    """``w:val`` of the child ``w:name``, or None."""
    found = element.find(f"{W}{name}") if element is not None else None
    value = found.get(f"{W}val") if found is not None else None
    return str(value) if value is not None else None


def number_of(element: Any, name: str) -> int | None:
    """``w:val`` of the child ``w:name`` where it is a whole number that is not negative."""
    value = value_of(element, name)
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 10 else None


def switch_of(element: Any, name: str) -> bool | None:
    """Whether the child ``w:name`` turns something on or off; None where it says nothing."""
    found = element.find(f"{W}{name}") if element is not None else None
    return None if found is None else found.get(f"{W}val", "1") not in _FALSE


class WordFile:
    """An open ``.docx`` or ``.docm``. Raises DamagedWord, or what ``ZipReader`` raises."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        self._zip = ZipReader(data, path, word=True)
        self._entries = {entry.filename.lower(): entry for entry in self._zip.entries()}
        self._main = self._target("", "officeDocument") or "word/document.xml"
        body = self._xml(self._main)
        if body is None or body.find(f"{W}body") is None:
            raise DamagedWord(path=path)
        self.body = body.find(f"{W}body")

    @property
    def has_macros(self) -> bool:
        """Whether a program travels with the text."""
        return any(name.endswith("vbaproject.bin") for name in self._entries)

    def part(self, kind: str) -> Any:
        """The root of the part that the text refers to as ``styles``, ``numbering``, ``footnotes`` …, or None."""
        target = self._target(self._main, kind)
        return self._xml(target) if target else None

    def _target(self, source: str, kind: str) -> str | None:
        """Where the relations of a part (of the package: ``""``) say that the part of this kind is."""
        folder, name = posixpath.split(source)
        relations = self._xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        if relations is None:
            return None
        for relation in relations.iterfind(_RELATION):
            if relation.get("Type", "").rpartition("/")[2] == kind and relation.get("TargetMode") != "External":
                return posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        return None

    def _xml(self, name: str) -> Any:
        """The root of an XML part, or None where there is no such part."""
        entry = self._entries.get(name.lower())
        if entry is None:
            return None
        data = self._zip.read(entry)
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise DamagedWord(path=self.path) from error
        if root.getroottree().docinfo.internalDTD is not None:  # Word writes none; others do to smuggle entities in
            raise DamagedWord(path=self.path)
        return root
