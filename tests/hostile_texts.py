"""Texts as an attacker would report them: mixtures of markup, scripts, templates and odd characters."""

from __future__ import annotations

import random
import re

CANARY = "__hit()"

PIECES = (
    # templates: Jinja on the server, template literals and frameworks in the browser
    "{{7*7}}",
    "{{",
    "}}",
    "{{cycler.__init__.__globals__}}",
    "{% for x in y %}",
    "{%",
    "{#",
    "${__hit()}",
    "${",
    "`",
    "`+__hit()+`",
    "<%= 7*7 %>",
    "{n}",
    # markup and what ends the places it may stand in
    "</script>",
    "</title>",
    "</textarea>",
    "</style>",
    "<script>__hit()</script>",
    "<img src=x onerror=__hit()>",
    "<svg onload=__hit()>",
    "<svg><animate onbegin=__hit() attributeName=x>",
    "<details open ontoggle=__hit()>",
    "<iframe srcdoc='<script>parent.__hit()</script>'>",
    "<link rel=stylesheet href=//outside.invalid/a.css>",
    "<meta http-equiv=refresh content='0;url=//outside.invalid'>",
    "<base href=//outside.invalid/>",
    "<form action=javascript:__hit()><button>",
    "<!--",
    "-->",
    "<!--texts-->",
    "]]>",
    "<plaintext>",
    # quotes, escapes and addresses
    '"',
    "'",
    '" onmouseover="__hit()" autofocus onfocus="__hit()',
    "');__hit();//",
    "\\",
    "\\u003c",
    "\\n",
    "javascript:__hit()",
    "data:text/html,<script>parent.__hit()</script>",
    "&lt;img src=x onerror=__hit()&gt;",
    "&#x3c;",
    "expression(__hit())",
    "url(//outside.invalid/b.png)",
    # characters
    "\u2028",
    "\u2029",
    "\u202eabc",
    "\u2066abc",
    "\u200b",
    "\ufeff",
    "\u0300",
    "e\u0301\u0323",
    "\U0001f600\u200d",
    "مرحبا",
    "网格",
    "\t",
    "\r\n",
    "\x1b[31m",
    "\x7f",
    "a",
    # formulas
    "=cmd|'/C calc'!A0",
    "@SUM(1+1)",
    "+1",
    "-1",
)
# the database keeps none of these
UNSTORABLE = ("\x00", "\ud800", "\udc00")
# names that mean something to objects of the language pages are written in
WHOLE = ("__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "then", "length", "null", "NaN")
LONG = 5_000
EVERY_LONG, EVERY_WHOLE = 500, 97


def hostile_texts(count: int, *, unstorable: bool = True) -> list[str]:
    """Return so many texts, all different, the same ones every time."""
    chooser = random.Random(20260101)  # noqa: S311 - nothing is secret here
    pieces = PIECES + (UNSTORABLE if unstorable else ())
    texts = []
    for number in range(count):
        mixture = "".join(chooser.choices(pieces, k=chooser.randint(1, 6)))
        if number % EVERY_LONG == 1:
            mixture = (mixture or "a") * (LONG // max(1, len(mixture)))
        # the number keeps them apart, and a text of nothing but NUL from being empty
        texts.append(f"{number}{mixture}" if chooser.random() < 0.5 else f"{mixture}{number}")
    for at, word in enumerate(WHOLE):
        texts[at * EVERY_WHOLE % count] = word
    return texts


def kept(text: str) -> str:
    """Return a text without the characters that no file or database can keep."""
    return re.sub("[\x00\ud800-\udfff]", "", text)


def shown(text: str) -> str:
    """Return what a reader sees of a text: browsers collapse white space."""
    return re.sub(r"\s+", " ", kept(text)).strip()
