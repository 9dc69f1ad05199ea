"""What a PDF carries beside its pages: attached files, scripts, an electronic form. None of it is opened or run; all of it is told."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator

import pypdfium2.raw as pdfium_c

from analyzer.errors import DynamicForm, Portfolio, UnreadableFile
from analyzer.reading.archives import is_wanted

_SCRIPT_MARKS = (b"/JavaScript", b"/Launch")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_NAME = 80
_COVER = 1500
"""Characters; a protocol has more."""
_SHOWN, _LOOKED_AT = 5, 200
"""Attached files that are named, and that are looked at."""


class Baggage:
    """What an open PDF carries."""

    def __init__(self, pdf: object, content: bytes) -> None:
        self._pdf = pdf
        self._content = content

    def notices(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Warnings: code of the sentence and what it needs."""
        attached = self._attached()
        if attached:
            yield "attached_files", {"names": _listed(attached)}
        if self._has_scripts():
            yield "scripts", {}
        if pdfium_c.FPDF_GetFormType(self._pdf) in {pdfium_c.FORMTYPE_XFA_FULL, pdfium_c.FORMTYPE_XFA_FOREGROUND}:
            yield "dynamic_form", {}

    def refusal(self, characters: int, path: str) -> UnreadableFile | None:
        """The error that tells where the protocol is, when pages with so few characters are only a cover or a notice."""
        if characters > _COVER:
            return None
        if pdfium_c.FPDF_GetFormType(self._pdf) == pdfium_c.FORMTYPE_XFA_FULL:
            return DynamicForm(path=path)
        wanted = [name for name in self._attached() if is_wanted(name)]
        return Portfolio(path=path, count=len(wanted), names=_listed(wanted)) if wanted else None

    def _attached(self) -> list[str]:
        count = max(0, pdfium_c.FPDFDoc_GetAttachmentCount(self._pdf))
        return [_name(pdfium_c.FPDFDoc_GetAttachment(self._pdf, index)) for index in range(min(count, _LOOKED_AT))]

    def _has_scripts(self) -> bool:
        return pdfium_c.FPDFDoc_GetJavaScriptActionCount(self._pdf) > 0 or any(mark in self._content for mark in _SCRIPT_MARKS)


def _name(attachment: object) -> str:
    """The name of an attached file, without what could confuse a terminal."""
    size = pdfium_c.FPDFAttachment_GetName(attachment, None, 0) if attachment else 0
    buffer = ctypes.create_string_buffer(size)
    if size:
        pdfium_c.FPDFAttachment_GetName(attachment, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    name = _UNFIT.sub("", buffer.raw.decode("utf-16-le", "ignore"))
    return f"{name[: _LONGEST_NAME - 1]}…" if len(name) > _LONGEST_NAME else name or "-"


def _listed(names: list[str]) -> str:
    return "; ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])])
