"""An incremental update: what pypdf's writer has changed, appended to the untouched bytes of a PDF.

pypdf writes updates too, but always with a cross-reference stream. Strict viewers want an update to be of the kind that the file
itself is, and to name the document's information again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from itertools import groupby

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

_START = re.compile(rb"startxref\s+(\d+)")
_KEPT = ("/Info", "/ID")


def appended(original: bytes, reader: PdfReader, writer: PdfWriter) -> bytes:
    """``original`` and, after it, the objects of ``writer`` that are new or changed; ``reader`` is the one that the writer began with.

    Raises ValueError where ``original`` does not say where its cross-references stand.
    """
    starts = _START.findall(original)
    if not starts:
        raise ValueError("no startxref")
    previous = int(starts[-1])
    target = BytesIO()
    target.write(original if original.endswith((b"\n", b"\r")) else original + b"\n")
    places = {}
    for reference in writer.list_objects_in_increment():
        places[reference.idnum] = target.tell()
        target.write(f"{reference.idnum} 0 obj\n".encode())
        writer.get_object(reference).write_to_stream(target)
        target.write(b"\nendobj\n")
    trailer = DictionaryObject({NameObject("/Root"): writer.root_object.indirect_reference, NameObject("/Prev"): NumberObject(previous)})
    trailer.update({NameObject(key): reader.trailer.raw_get(key) for key in _KEPT if key in reader.trailer})
    start = target.tell()
    if original.startswith(b"xref", previous):
        _write_table(target, places, trailer)
    else:
        _write_stream(target, places, trailer)
    target.write(f"startxref\n{start}\n%%EOF\n".encode())
    return target.getvalue()


def _write_table(target: BytesIO, places: dict[int, int], trailer: DictionaryObject) -> None:
    target.write(b"xref\n0 1\n0000000000 65535 f \n")
    for block in _blocks(places):
        target.write(f"{block[0]} {len(block)}\n".encode())
        target.writelines(f"{places[number]:010d} 00000 n \n".encode() for number in block)
    trailer[NameObject("/Size")] = NumberObject(max(places) + 1)
    target.write(b"trailer\n")
    trailer.write_to_stream(target)
    target.write(b"\n")


def _write_stream(target: BytesIO, places: dict[int, int], trailer: DictionaryObject) -> None:
    own = max(places) + 1
    places[own] = target.tell()
    stream = DecodedStreamObject()
    stream.update(trailer)
    stream.update(
        {
            NameObject("/Type"): NameObject("/XRef"),
            NameObject("/Size"): NumberObject(own + 1),
            NameObject("/W"): _integers([1, 8, 1]),
            NameObject("/Index"): _integers([value for block in _blocks(places) for value in (block[0], len(block))]),
        }
    )
    stream.set_data(b"".join(b"\x01" + places[number].to_bytes(8) + b"\x00" for number in sorted(places)))
    target.write(f"{own} 0 obj\n".encode())
    stream.write_to_stream(target)
    target.write(b"\nendobj\n")


def _blocks(places: dict[int, int]) -> list[list[int]]:
    """The numbers of the objects in runs without a gap."""
    numbered = enumerate(sorted(places))
    return [[number for _, number in run] for _, run in groupby(numbered, lambda entry: entry[1] - entry[0])]


def _integers(values: Sequence[int]) -> ArrayObject:
    return ArrayObject(NumberObject(value) for value in values)
