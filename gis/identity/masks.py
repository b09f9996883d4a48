"""Masks: how personal data is shown to those who need not know it, and taken out of running text.

A mask keeps enough to tell two people of one list apart for somebody who knows them, and no more.
"""

from __future__ import annotations

import re
import unicodedata

STAR = "*"
MOBILE_DIGITS, IDENTITY_DIGITS = 11, 18

_MOBILE = r"1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}"
_IDENTITY = r"[1-9]\d{5}(?:18|19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]"
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
# numbers that stand alone: part of a longer one is something else
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d.])(?:(?P<identity>{_IDENTITY})|(?:\+?86[\s-]?)?(?P<mobile>{_MOBILE}))(?![A-Za-z\d])"
)
_WORD = re.compile(r"[A-Za-z][a-z]{0,19}[0-9]{0,4}(?:[ _-][a-z]{0,12}[0-9]{0,3}){0,5}")
_QUOTED = re.compile(r"'([^']*)'")
HIDDEN = "…"
_MAIL = re.compile(_EMAIL)
# 欧阳, 司马 ... : surnames of two characters keep the first one only, like any other
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]+")
_PLACE = re.compile(r"^(.*?[省市区县旗镇乡街道路巷村社](?=.)|\S+\s)")


def normal_number(text: str) -> str:
    """Return a phone or identity number as it is compared: no blanks, hyphens or +86, X in capitals."""
    plain = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"[\s()\-]", "", plain).upper()
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

    def masked(found: re.Match[str]) -> str:
        return mask_phone(found["mobile"]) if found["mobile"] else mask_identity(found["identity"])

    return _MAIL.sub(lambda found: mask_email(found[0]), _NUMBER.sub(masked, text))


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
