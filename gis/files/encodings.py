"""Find the encoding of text without guessing silently: a fixed order, and a question where it is open."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.errors import EncodingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CANDIDATES = ("utf-8", "gb18030", "shift_jis", "big5", "cp1252")
"""What a person is shown when the encoding is open."""

# The language driver byte of a DBF header, as far as the code page it names is beyond doubt. 0x57 ("the
# writer's own ANSI page") and 0x00 name none. Source: the xBase file format description.
LANGUAGE_BYTES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x4D: "gb18030", 0x4E: "cp949",
    0x4F: "cp950", 0x50: "cp874", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866",
    0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932", 0x7C: "cp874", 0xC8: "cp1250",
    0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip

_SHOWN_ROWS = 5
_SHOWN_CHARACTERS = 60
_LEAST_COMMON_SHARE = 0.9
_JUDGED_TEXTS = 10_000
# files that claim the narrow set use characters of the wide one: 熙 in Shift-JIS files of Windows, say
_SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "big5": "cp950", "euc_kr": "cp949"}
_ONE_BYTE_PAGES = re.compile(r"ascii|cp(437|85\d|86\d|125\d)|iso8859-\d+")
# Python has codecs that are no character sets (idna, unicode_escape), and a `.cpg` is a stranger's file
_CHARACTER_SETS = re.compile(
    r"ascii|utf-8|gbk|gb2312|gb18030|big5|shift_jis|euc[_-](jp|kr)|cp\d+|iso8859-\d+|koi8-[ru]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a file as bytes, with the place it came from."""

    row: int
    field: str
    raw: bytes
    width: int | None = None  # bytes its field holds, where that is fixed


def codec_named(name: str) -> str:
    """Return Python's name for an encoding as people and `.cpg` files write it.

    Args:
        name: "UTF-8", "GBK", "936", "CP936", "ANSI 936", "Shift-JIS" ...

    Raises:
        EncodingError: There is no such encoding.
    """
    wanted = re.sub(r"^(ansi|oem|windows|ibm|ms)[\s_-]*(?=\d)", "", name.strip().lower())
    if wanted.isdigit():
        wanted = {"65001": "utf-8", "88591": "iso-8859-1"}.get(wanted, f"cp{wanted}")
    try:
        found = codecs.lookup(wanted).name
    except (LookupError, ValueError):
        found = ""
    if not _CHARACTER_SETS.fullmatch(found):
        raise EncodingError(
            f"there is no encoding called {name[:40]!r}; the usual ones are {', '.join(CANDIDATES)}",
            field="encoding",
        )
    return _SUPERSETS.get(found, found)


def decoded(raw: bytes, encoding: str, width: int | None = None) -> str:
    """Decode strictly; only a text that fills its field may end inside a character, which is dropped.

    Args:
        raw: The bytes.
        encoding: The codec.
        width: Bytes the field holds, if it has a fixed width.

    Raises:
        UnicodeDecodeError: The bytes are not in that encoding.
    """
    cut = width is not None and len(raw) >= width
    return codecs.getincrementaldecoder(encoding)("strict").decode(raw, final=not cut)


def first_undecodable(texts: Iterable[Text], encoding: str) -> Text | None:
    """Return the first text that is not in the encoding, or None."""
    for text in texts:
        try:
            decoded(text.raw, encoding, text.width)
        except UnicodeDecodeError:
            return text
    return None


def choose_encoding(
    texts: Sequence[Text],
    *,
    stated: str | None = None,
    clues: Sequence[tuple[str, str]] = (),
) -> tuple[str, str]:
    """Choose the encoding of texts by a fixed order.

    1. what the caller states; 2. the clues of the file in their order (.cpg, then the language byte);
    3. strict UTF-8; 4. strict GB 18030, if it reads as Chinese; 5. ask.

    A clue that names a Western code page is asked about if the text is as well UTF-8 or Chinese: such pages
    read any bytes, and many programs write their own page whatever the text is in.
    Rule 4 needs its condition: every text of a whole prefecture in Shift-JIS is valid GB 18030, as
    garbage. So at least nine in ten of the characters must be in GB 2312, the everyday ones.

    Args:
        texts: Every text with a byte above 127, or a fair share of them; each is looked at.
        stated: The encoding the caller gives.
        clues: Encodings the file names, each with where it was found.

    Returns:
        The codec and what decided.

    Raises:
        EncodingError: Stated or declared and contradicted by a text, or open; the message shows texts.
    """
    for name, evidence in [(stated, "stated by the caller")] if stated else [*clues]:
        codec = codec_named(name)
        wrong = first_undecodable(texts, codec)
        if wrong is not None:
            raise EncodingError(
                f"the encoding is {codec} ({evidence}), but {wrong.field} in row {wrong.row} is not: "
                f"{wrong.raw[:_SHOWN_CHARACTERS]!r}; state the encoding yourself. {shown(texts)}",
                field=wrong.field,
                row=wrong.row,
            )
        if not stated and _western(codec) and _is_chinese_or_utf8(texts):
            raise EncodingError(
                f"the encoding is {codec} ({evidence}), which reads any bytes, but the text is also UTF-8 "
                f"or Chinese; state the encoding. {shown(texts)}",
                field="encoding",
            )
        return codec, evidence
    if not texts:
        return "utf-8", "every text is ASCII"
    if first_undecodable(texts, "utf-8") is None:
        return "utf-8", "every text is strict UTF-8"
    if _is_chinese(texts):
        return "gb18030", "every text is strict GB 18030, not UTF-8"
    raise EncodingError(
        f"the file does not say its encoding and the text leaves it open; state it. {shown(texts)}",
        field="encoding",
    )


def shown(texts: Sequence[Text]) -> str:
    """Return the first texts in each encoding that can read them, for a person to recognise."""
    shortest = [text for text in texts if not text.raw.isascii()][:_SHOWN_ROWS]
    lines = []
    for name in CANDIDATES:
        codec = codec_named(name)
        if first_undecodable(shortest, codec) is None:
            samples = "; ".join(
                f"row {t.row} {decoded(t.raw, codec, t.width)[:_SHOWN_CHARACTERS]}" for t in shortest
            )
            lines.append(f"{name}: {samples}")
    return "As " + " | as ".join(lines) if lines else "No usual encoding reads it."


def _western(codec: str) -> bool:
    return _ONE_BYTE_PAGES.fullmatch(codec) is not None


def _is_chinese_or_utf8(texts: Sequence[Text]) -> bool:
    return bool(texts) and (first_undecodable(texts, "utf-8") is None or _is_chinese(texts))


def _is_chinese(texts: Sequence[Text]) -> bool:
    if first_undecodable(texts, "gb18030") is not None:
        return False
    characters = "".join(decoded(text.raw, "gb18030", text.width) for text in texts[:_JUDGED_TEXTS])
    foreign = "".join(character for character in characters if not character.isascii())
    everyday = foreign.encode("gb2312", "ignore").decode("gb2312")
    return len(everyday) >= _LEAST_COMMON_SHARE * len(foreign)
