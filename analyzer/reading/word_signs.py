"""Signs that Word keeps apart from its text: characters of picture fonts, and formulas on one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.reading.word_parts import M, W

_GREEK = dict(
    zip(
        map(chr, (*range(0x41, 0x5B), *range(0x61, 0x7B))),
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
)
_SYMBOLS = _GREEK | {
    **dict(zip("\"$'*-@~", "∀∃∋∗−≅∼", strict=True)),
    **dict(zip("\xa3\xa5\xac\xad\xae\xaf", "≤∞←↑→↓", strict=True)),
    **dict(zip("\xb0\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xbb\xbc", "°±″≥×∝∂•÷≠≡≈…", strict=True)),
    **dict(zip("\xc7\xc8\xce\xd2\xd3\xd4\xd5\xd6\xd7\xe5\xf2", "∩∪∈®©™∏√⋅∑∫", strict=True)),
}
"""Code in Adobe's and Microsoft's font Symbol -> character."""
_BOXES = {
    "Wingdings": {"\xfc": "✓", "\xfb": "✗", "\xfe": "☑", "\xfd": "☒", "\xa8": "☐", "\x6f": "☐"},
    "Wingdings 2": {"P": "✓", "O": "✗", "R": "☑", "S": "☒", "T": "☒", "\xa3": "☐", "*": "☐"},
}
_PRIVATE = range(0xF000, 0xF100)


def symbol(character: str) -> str:
    """What a character shows when it is set in the font Symbol."""
    code = ord(character)
    plain = chr(code - 0xF000) if code in _PRIVATE else character
    return _SYMBOLS.get(plain, plain)


def sign_of(font: str, code: str) -> str:
    """The character of a ``w:sym``: its font, its code in hexadecimal."""
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    if font == "Symbol":
        return symbol(character)
    plain = chr(ord(character) - 0xF000) if ord(character) in _PRIVATE else character
    if font.startswith(("Wingdings", "Webdings")):
        return _BOXES.get(font, {}).get(plain, "•")
    return character if character.isprintable() else plain if plain.isprintable() else ""


def linear(formula: Any) -> str:
    """A formula of Word's editor on one line: powers after ^, fractions with a stroke."""
    writer = _FORMULAS.get(formula.tag)
    if writer:
        return writer(formula)
    if formula.tag in {f"{M}t", f"{W}t"}:
        return formula.text or ""
    return "".join(map(linear, formula)) if not formula.tag.endswith("Pr") else ""


def _part(formula: Any, name: str) -> str:
    found = formula.find(f"{M}{name}")
    return linear(found) if found is not None else ""


def _group(text: str) -> str:
    """In brackets, where it would not hold together without them."""
    return text if len(text) < 2 or text.isalnum() or (text[0], text[-1]) == ("(", ")") else f"({text})"


def _fraction(formula: Any) -> str:
    return f"{_group(_part(formula, 'num'))}/{_group(_part(formula, 'den'))}"


def _power(formula: Any) -> str:
    return f"{_part(formula, 'e')}{_part(formula, 'sub')}^{_group(_part(formula, 'sup'))}"


def _index(formula: Any) -> str:
    return f"{_part(formula, 'e')}{_part(formula, 'sub')}"


def _root(formula: Any) -> str:
    return f"√{_group(_part(formula, 'e'))}"


def _fenced(formula: Any) -> str:
    signs = formula.find(f"{M}dPr")

    def sign(name: str, usual: str) -> str:
        found = signs.find(f"{M}{name}") if signs is not None else None
        return found.get(f"{M}val", usual) if found is not None else usual

    return sign("begChr", "(") + sign("sepChr", "|").join(map(linear, formula.iterfind(f"{M}e"))) + sign("endChr", ")")


def _operator(formula: Any) -> str:
    found = formula.find(f"{M}naryPr/{M}chr")
    return f"{found.get(f'{M}val', '∫') if found is not None else '∫'}{_part(formula, 'e')}"


_FORMULAS: dict[str, Callable[[Any], str]] = {
    f"{M}f": _fraction,
    f"{M}sSup": _power,
    f"{M}sSubSup": _power,
    f"{M}sSub": _index,
    f"{M}rad": _root,
    f"{M}d": _fenced,
    f"{M}nary": _operator,
}
