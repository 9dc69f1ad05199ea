"""Plain text work in two languages: normal form, language, sentences, words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Literal


def _folds() -> dict[str, str]:
    """Character -> what it is read as; '' for characters that carry nothing."""
    folds = {chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    folds |= {wide: chr(ord(wide) - 0xFEE0) for wide in "％＋－＝＜＞／～．"}
    compatible = (
        *range(0x2E80, 0x2FE0),  # CJK and Kangxi radicals, which some fonts map to instead of the ideograph
        *range(0x3380, 0x33E0),  # squared units
        *range(0xF900, 0xFB07),  # compatibility ideographs, ligatures
        *range(0x2F800, 0x2FA20),
    )
    folds |= {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in compatible}
    folds |= {chr(code): " " for code in (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)}
    nothing = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F))
    folds |= {chr(code): "" for code in (*nothing, *range(0x2060, 0x2070), 0xFEFF, 0xFFFD, 0xFFFF)}
    folds |= {chr(code): "" for code in range(0xE000, 0xF900)}
    folds |= dict.fromkeys("\uf0a7\uf0b7\uf0fc\uf0d8\uf06c\uf06e\uf075\uf076\uf071\uf0a8", "•")
    folds |= dict(zip("\uf0b1\uf0b3\uf0a3\uf0b4\uf0b0\uf06d\uf061\uf062\uf067", "±≥≤×°μαβγ", strict=True))  # the Symbol font
    folds |= {"\u00b5": "μ", "\u2010": "-", "\u2011": "-", "\ufffe": "-", "\uff3f": "_"}
    return {character: fold for character, fold in folds.items() if character != fold}


_FOLDS = _folds()


@cache
def _odd() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What finds a character that is folded, and what finds a stretch of such characters and of blanks, save a single blank."""
    codes = set(map(ord, _FOLDS))
    firsts, lasts = sorted(code for code in codes if code - 1 not in codes), sorted(code for code in codes if code + 1 not in codes)
    odd = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in zip(firsts, lasts, strict=True))
    return re.compile(f"[{odd}]"), re.compile(f"[ {odd}](?:[ {odd}]+|(?<! ))")


def normalise(text: str) -> tuple[str, Sequence[int]]:
    """Fold characters that only look different, so that words can be matched.

    Full-width letters, digits and signs become ASCII (Chinese punctuation stays), ligatures and compatibility ideographs their
    plain form, odd blanks one space, private-use bullets "•"; characters without content are dropped. Returns the new text and,
    for each of its characters, the index in ``text`` it comes from (ascending; a split ligature gives the same index twice).
    """
    odd_character, odd_stretch = _odd()
    plain = text.isprintable() if text.isascii() else not odd_character.search(text)
    if plain and "  " not in text:
        return text, range(len(text))
    pieces: list[str] = []
    sources: list[int] = []
    copied = 0
    for stretch in odd_stretch.finditer(text):
        start, end = stretch.span()
        pieces.append(text[copied:start])
        sources.extend(range(copied, start))
        copied = end
        last = ""
        for index in range(start, end):
            fold = _FOLDS.get(text[index], " ")
            if fold and not (fold == " " and last == " "):
                pieces.append(fold)
                sources.extend([index] * len(fold))
                last = fold
    pieces.append(text[copied:])
    sources.extend(range(copied, len(text)))
    return "".join(pieces), sources


CJK = "\u3400-\u4dbf\u4e00-\u9fff"
HAN = re.compile(f"[{CJK}]")
"""A Chinese character."""
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")

_ABBREVIATIONS = (
    r"(?:e\.g|i\.e|vs|cf|al|etc|approx|ca|Fig|Figs|Tab|No|Nos|Dr|Prof|Mr|Ms|Mrs|St|Inc|Ltd|Co|Vol|pp|Sec|Art|Ref|Refs|resp|incl|excl|"
    r"min|max|b\.i\.d|t\.i\.d|i\.v|i\.m|s\.c|p\.o|[A-Z])"
)
_END = re.compile(
    r"[。！？；.!?;\n](?:"  # one set of first characters, to which ``re`` skips
    r"(?<=[。！？；])[。！？；]*[”’」』）)\]]*"  # Chinese enders need no white space after them
    r"|(?<=[.!?;])[.!?;]*[”’\"')\]]*(?=\s)"
    r"|(?<=\n)\n*)"
)
_ABBREVIATED = re.compile(rf"(?<![A-Za-z0-9]){_ABBREVIATIONS}\.$")
_LIST_NUMBER = re.compile(r"\s*[（(]?(?:\d{1,2}|[A-Za-z]|[ivxIVX]{1,4})(?:\.\d{1,2})*[.)）]$")
_NEXT_STARTS_LOWER = re.compile(r"\s+[a-z]")


def language_of(text: str) -> Literal["zh", "en", "mixed"]:
    """Which language a text is written in; one Chinese character weighs as much as half an English word."""
    chinese = len(HAN.findall(text)) / 2
    english = len(_LATIN_WORD.findall(text))
    if chinese + english == 0:
        return "en"
    share = chinese / (chinese + english)
    return "zh" if share > 0.6 else "en" if share < 0.15 else "mixed"


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of the sentences in ``text[start:end]``, trimmed of white space; a line break always ends one."""
    begin = start
    for match in _END.finditer(text, start, end):
        stop = match.end()
        mark = match.group()
        if mark[0] == "." and (
            _ABBREVIATED.search(text, max(begin, stop - 8), stop)
            or _NEXT_STARTS_LOWER.match(text, stop)
            or _LIST_NUMBER.match(text, begin, stop)
        ):
            continue
        if mark[0] == ";" and stop - begin < 40:
            continue
        yield from _trimmed(text, begin, stop)
        begin = stop
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        yield start, end


_WORD = re.compile(rf"[{CJK}]+|[A-Za-zα-ωΑ-Ω]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*|[^\s\w]")


_EXPONENT = r"(?:\s*\^\s*(?:[4-9]|1[0-2])(?!\d)|[⁴-⁹]|¹[⁰¹²])"
_FALLEN = r"\s?(?:[4-9]|1[0-2])(?!\d|[.,]\d|[-–]\w)"
"""An exponent that lost its height, as it often does between a page and its text."""
_POWER = re.compile(rf"(?<![A-Za-z])[×✕xX*]\s*10(?:{_EXPONENT}|{_FALLEN})|(?<!\d)10{_EXPONENT}")
POWER = "\ue000"
"""The word that stands for a power of ten as cells are counted, however it is written: a character of no other meaning."""


def words(text: str) -> list[str]:
    """Words of a passage, lower case, numbers replaced by their shape; Chinese runs are cut as jieba cuts them.

    Numbers become ``0`` (one digit), ``00`` (two) and so on, decimals ``0.0``, powers of ten ``POWER``: what a number is matters little
    to a sentence's meaning, that there is one, and of which size, matters much.
    """
    if "10" in text:
        text = _POWER.sub(POWER, text)
    tokens = _WORD.findall(text)
    if not HAN.search(text):
        return list(map(_plain_word, tokens))
    cut = _chinese_cutter()
    found: list[str] = []
    for token in tokens:
        if HAN.match(token):
            found.extend(cut(token))
        else:
            found.append(_plain_word(token))
    return found


@lru_cache(maxsize=50_000)
def _plain_word(token: str) -> str:
    """A token that is not Chinese as ``words`` gives it."""
    return _DIGITS.sub(_shape, token) if token[0].isdigit() else token.lower()


_DIGITS = re.compile(r"\d+")


def _shape(digits: re.Match[str]) -> str:
    return "0" * min(4, len(digits.group()))


@cache
def _chinese_cutter() -> Callable[[str], list[str]]:
    """``rjieba`` gives the cuts of jieba without its dictionary load; ``tests/test_text.py`` compares them."""
    try:
        import rjieba

        return rjieba.cut
    except ImportError:
        import jieba

        jieba.setLogLevel(60)
        tokenizer = jieba.Tokenizer()
        return lambda run: list(tokenizer.cut(run))
