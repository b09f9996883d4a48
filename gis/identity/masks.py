"""Masks: how personal data is shown to those who need not know it, and taken out of running text.

A mask keeps enough to tell two people of one list apart for somebody who knows them, and no more.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STAR = "*"
MOBILE_DIGITS, IDENTITY_DIGITS = 11, 18

# what people put between the digits of a number; a dot is none, or metres with decimals would be phones
_SIGNS = r"\s()\-\u2010-\u2015\u2212·\u200b-\u200d\u2060\ufeff"
_GAP = rf"[{_SIGNS}]{{0,3}}+"
_COUNTRY = rf"(?:(?:\+|00)?86{_GAP}|0)?"
_MOBILE = rf"1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}"
_IDENTITY = rf"[1-9]\d{{5}}{_GAP}(?:18|19|20)\d{{2}}[01]\d[0-3]\d{_GAP}\d{{3}}[\dXx]"
_EMAIL = r"[A-Za-z\d_.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
# numbers that stand alone: part of a longer one, or decimals, are something else
_NUMBER = rf"(?<!\d)(?<!\d\.)(?:(?P<identity>{_IDENTITY})|{_COUNTRY}(?P<mobile>{_MOBILE}))(?![A-Za-z\d])"
_NUMBERS = re.compile(_NUMBER)
_ADDRESSES_TOO = re.compile(rf"(?P<email>{_EMAIL})|{_NUMBER}")
# cheap, and in every text with such a number; order numbers, which begin with a year, are told apart
_LONG = re.compile(rf"\d(?<!\d\d)(?:{_GAP}\d){{10}}")
_LIKELY = re.compile(rf"[018０１８](?<!\d\d)(?:{_GAP}\d){{10}}|\d(?<!\d\d)(?:{_GAP}\d){{16}}")
_WORD = re.compile(r"[A-Za-z][a-z]{0,19}[0-9]{0,4}(?:[ _-][a-z]{0,12}[0-9]{0,3}){0,5}")
_QUOTED = re.compile(r"'([^']*)'")
HIDDEN = "…"
# 欧阳, 司马 ... : surnames of two characters keep the first one only, like any other
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]+")
_PLACE = re.compile(r"^(.*?[省市区县旗镇乡街道路巷村社](?=.)|\S+\s)")


def normal_number(text: str) -> str:
    """Return a phone or identity number as it is compared: no blanks, hyphens or +86, X in capitals."""
    plain = unicodedata.normalize("NFKC", text)
    digits = re.sub(rf"[{_SIGNS}]", "", plain).upper()
    return re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", digits)


def mask_phone(phone: str) -> str:
    """Return a phone number with its middle hidden.

    >>> mask_phone("13812345678"), mask_phone("+86 138-1234-5678"), mask_phone("025-83214567")
    ('138****5678', '138****5678', '025******67')
    """
    number = normal_number(phone)
    if re.fullmatch(r"1[3-9]\d{9}", number):
        return f"{number[:3]}****{number[-4:]}"
    return _keep(number, 3, 2)


def mask_identity(number: str) -> str:
    """Return an identity number of which the region and the last sign are left.

    >>> mask_identity("320102199003074258")
    '320102***********8'
    """
    return _keep(normal_number(number), 6, 1)


def mask_name(name: str) -> str:
    """Return a name of which a Chinese surname's first character, or the initials, are left.

    >>> mask_name("王小明"), mask_name("欧阳锋"), mask_name("John Smith"), mask_name("Anne-Marie")
    ('王**', '欧**', 'J*** S****', 'A***-M****')
    """
    plain = name.strip()
    if _CHINESE.fullmatch(plain):
        return plain[:1] + STAR * (len(plain) - 1) if len(plain) > 1 else STAR
    return re.sub(r"[^\W_](\w*)", lambda word: word[0][0] + STAR * max(1, len(word[1])), plain)


def mask_email(address: str) -> str:
    """Return an e-mail address of which the first sign and the domain are left.

    >>> mask_email("li.na@example.cn")
    'l****@example.cn'
    """
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}****{at}{domain}" if at else STAR * 4


def mask_address(address: str) -> str:
    """Return a postal address of which the first part, a district or road, is left.

    >>> mask_address("云溪区龙湖路12号3单元501室"), mask_address("12 Lake Road")
    ('云溪区****', '12 ****')
    """
    found = _PLACE.match(address.strip())
    return f"{found[1] if found else ''}****"


def mask_text(text: str) -> str:
    """Return running text in which mobile and identity numbers and e-mail addresses are masked.

    >>> mask_text("call 13812345678 or li.na@example.cn about 320102199003074258, event 17")
    'call 138****5678 or l****@example.cn about 320102***********8, event 17'
    """
    if "@" in text or "＠" in text:
        return _replaced(text, _ADDRESSES_TOO, _mask_found)
    if _LONG.search(text) and _LIKELY.search(text):
        return _replaced(text, _NUMBERS, _mask_found)
    return text


def mask_number(text: str, number: str) -> str:
    """Return a text in which one phone or identity number is masked, however it is spaced.

    >>> mask_number("ask +86 137-0000-1235 or １３７００００１２３５, not 913700001235", "13700001235")
    'ask 137****1235 or 137****1235, not 913700001235'
    """
    plain = normal_number(number)
    mask = mask_phone(plain) if len(plain) <= MOBILE_DIGITS else mask_identity(plain)
    spaced = rf"[{_SIGNS}._,/]{{0,3}}".join(plain)
    pattern = re.compile(rf"(?<!\d){_COUNTRY}{spaced}(?!\d)", re.IGNORECASE)
    return _replaced(text, pattern, lambda _: mask)


def mask_facts(facts: Mapping[str, Any], mask: Callable[[str], str]) -> dict[str, Any]:
    """Return a JSON object of which every text, name and number, at any depth, went through a mask.

    A number that is masked becomes a text; names that would fall together are told apart.

    >>> mask_facts({"tel": 13812345678, "floor": 3, "notes": ["13812345678"]}, mask_text)
    {'tel': '138****5678', 'floor': 3, 'notes': ['138****5678']}
    """
    whole: dict[str, Any] = {}
    for name, value in facts.items():
        shown = mask(name)
        while shown != name and (shown in facts or shown in whole):
            shown += STAR
        whole[shown] = _masked(value, mask)
    return whole


def shown_name(name: str) -> str:
    """Return a name that somebody sent, if it is a plain word; anything else may be a secret.

    >>> shown_name("grade"), shown_name("min_area_m2"), shown_name("13812345678"), shown_name("王小明")
    ('grade', 'min_area_m2', '…', '…')
    """
    return name if _WORD.fullmatch(name) else HIDDEN


def mask_quoted(text: str) -> str:
    """Return a sentence in which quoted words that are not plain are left out.

    >>> mask_quoted("x is 'Tr0ub4dor': it must be a number, not 'mars'")
    "x is '…': it must be a number, not 'mars'"
    """
    return _QUOTED.sub(lambda found: f"'{shown_name(found[1])}'", text)


def _keep(text: str, first: int, last: int) -> str:
    """Return a text with its middle hidden; one that is too short for that is hidden as a whole."""
    if len(text) <= first + last + 2:
        return STAR * 4
    return text[:first] + STAR * (len(text) - first - last) + text[-last:]


def _masked(value: object, mask: Callable[[str], str]) -> object:
    """Return a JSON value that went through a mask."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(one, mask) for one in value]
    if isinstance(value, dict):
        return mask_facts(value, mask)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    digits = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    shown = mask(digits)
    return value if shown == digits else shown


def _mask_found(found: re.Match[str]) -> str:
    """Return the mask of what a pattern of running text found."""
    kinds = found.groupdict()
    if kinds.get("email"):
        return mask_email(found[0])
    return mask_phone(kinds["mobile"]) if kinds["mobile"] else mask_identity(kinds["identity"])


def _replaced(text: str, pattern: re.Pattern[str], mask: Callable[[re.Match[str]], str]) -> str:
    """Return a text with what a pattern finds replaced; the pattern sees full-width signs as plain ones."""
    plain = text if text.isascii() else "".join(map(_plain, text))
    parts, end = [], 0
    for found in pattern.finditer(plain):
        parts += [text[end : found.start()], mask(found)]
        end = found.end()
    return "".join([*parts, text[end:]])


@lru_cache(65_536)
def _plain(sign: str) -> str:
    """Return a sign in its plain form where that is one sign too, so that places in a text stay the same."""
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign
