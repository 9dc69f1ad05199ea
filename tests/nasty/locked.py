"""Encrypted files. The user's password is ``open``, the owner's ``own``; random bytes are fixed, so the files come out the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from unittest import mock

from nasty.cases import nasty
from nasty.damaged import whole

USER, OWNER = "open", "own"


@contextmanager
def _fixed_chance() -> Iterator[None]:
    chance = random.Random(1)
    with (
        mock.patch("secrets.token_bytes", lambda size=32: chance.randbytes(size)),
        mock.patch("secrets.randbelow", chance.randrange),
        mock.patch("os.urandom", chance.randbytes),
    ):
        yield


def encrypted(original: bytes, algorithm: str, user: str = USER) -> bytes:
    """A file, encrypted by the algorithm that pypdf calls so."""
    from pypdf import PdfReader, PdfWriter

    target = BytesIO()
    with _fixed_chance():
        writer = PdfWriter(PdfReader(BytesIO(original)))
        writer.encrypt(user, OWNER, algorithm=algorithm)
        writer.write(target)
    return target.getvalue()


def _locked(name: str, algorithm: str) -> None:
    @nasty(
        f"user_{name}.pdf",
        f"a password is needed to open it ({algorithm})",
        "the sentence that asks for it; with it the text is read",
        "encrypted",
    )
    def _() -> bytes:
        return encrypted(whole().file(), algorithm)


for _name, _algorithm in (("rc4_40", "RC4-40"), ("rc4_128", "RC4-128"), ("aes_128", "AES-128"), ("aes_256", "AES-256")):
    _locked(_name, _algorithm)


@nasty("owner_rc4_128.pdf", "a password is needed to change it, not to open it (RC4-128)", "the text is read")
def _() -> bytes:
    return encrypted(whole().file(), "RC4-128", "")


@nasty("owner_aes_256.pdf", "a password is needed to change it, not to open it (AES-256)", "the text is read")
def _() -> bytes:
    return encrypted(whole().file(), "AES-256", "")


@nasty("certificate.pdf", "encrypted for the holder of a certificate", "the sentence that no password helps", "locked_pdf")
def _() -> bytes:
    return whole().file(b"/Encrypt<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s4/V 4/Length 128/Recipients[(x)]>>")


_SAYS_SO = "a failure that says so"


@nasty("encryption_mad.pdf", "said to be encrypted, with keys of no sense", _SAYS_SO, "encrypted", "locked_pdf", "damaged_pdf")
def _() -> bytes:
    return whole().file(b"/Encrypt<</Filter/Standard/V 99/R 77/Length -8/O(x)/U(y)/P 4294967295>>/ID[()()]")


@nasty(
    "encryption_missing.pdf",
    "the description of the encryption does not exist",
    f"a report or {_SAYS_SO}",
    "report", "encrypted", "locked_pdf", "damaged_pdf",
)  # fmt: skip
def _() -> bytes:
    return whole().file(b"/Encrypt 99 0 R")
