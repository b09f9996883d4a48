from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.identity import masks
from gis.identity.masks import (
    mask_address,
    mask_email,
    mask_facts,
    mask_identity,
    mask_name,
    mask_number,
    mask_phone,
    mask_text,
    normal_number,
)
from gis.identity.personal import Person


def test_the_examples_hold() -> None:
    assert doctest.testmod(masks).failed == 0


CASES = [
    (mask_phone, "138 1234 5678", "138****5678"),
    (mask_phone, "+86-13812345678", "138****5678"),
    (mask_phone, "１３８１２３４５６７８", "138****5678"),  # full-width digits
    (mask_phone, "12345", "****"),
    (mask_phone, "+44 20 7946 0958", "+44********58"),
    (mask_name, "王", "*"),
    (mask_name, "王敏", "王*"),
    (mask_name, "阿依古丽·买买提", "阿*******"),
    (mask_name, " Li Na ", "L* N*"),
    (mask_name, "O'Brien", "O*'B****"),
    (mask_name, "X", "X*"),
    (mask_name, "José Müller", "J*** M*****"),
    (mask_identity, "32010219900307425x", "320102***********X"),
    (mask_identity, "1234567", "****"),
    (mask_email, "nobody", "****"),
    (mask_email, "@example.cn", "****@example.cn"),
    (mask_address, "龙湖路12号", "龙湖路****"),
    (mask_address, "12", "****"),
    (mask_text, "电话13812345678，身份证32010219900307425X。", "电话138****5678，身份证320102***********X。"),
    (mask_text, "+86 138-1234-5678/13912345678", "138****5678/139****5678"),
    (mask_text, "118.13812345678 a13812345678f 1381234567890 2026-05-01", None),
    (mask_text, "1345678.1234 13 8123 45678 1998-1999 1234", None),
    (
        mask_text,
        "回电１３８１２３４５６７８，８６ １３８－１２３４－５６７９",
        "回电138****5678，138****5679",
    ),
    (mask_text, "tel13812345678 0086 13812345679 013812345670", "tel138****5678 138****5679 138****5670"),
    (mask_text, "138\u200b1234\u200b5678 320102 19900307 425x", "138****5678 320102***********X"),
    (mask_text, "请写信给li.na＠example.cn", "请写信给l****@example.cn"),
]


@pytest.mark.parametrize(("mask", "plain", "shown"), CASES)
def test_masks_by_hand(mask: object, plain: str, shown: str | None) -> None:
    assert callable(mask)
    assert mask(plain) == (plain if shown is None else shown)


JSON_CASES = [
    ({"tel": 13812345678}, {"tel": "138****5678"}),
    ({"tel": 13812345678.0, "lon": 118.13812345678}, {"tel": "138****5678", "lon": 118.13812345678}),
    ({"ids": [320102199003074258, [None, True, 7]]}, {"ids": ["320102***********8", [None, True, 7]]}),
    ({"13812345678": 1, "138****5678": 2}, {"138****5678*": 1, "138****5678": 2}),
    ({"13812345678": 1, "+8613812345678": 2}, {"138****5678": 1, "138****5678*": 2}),
]


@pytest.mark.parametrize(("plain", "shown"), JSON_CASES)
def test_masks_in_json_by_hand(plain: dict[str, object], shown: object) -> None:
    assert mask_facts(plain, mask_text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "13700001235",
        "+8613700001235",
        "86 137-0000-1235",
        "0086(137)00001235",
        "１３７００００１２３５",
        "137.0000.1235",
        "1 3 7 0 0 0 0 1 2 3 5",
        "013700001235",
    ],
)
def test_one_number_is_masked_however_it_is_written(text: str) -> None:
    assert mask_number(f"电话{text}。", "+86 137 0000 1235") == "电话137****1235。"
    for other in ("913700001235", "137000012359", "8613700001236"):
        assert mask_number(f"{other} {text}", "13700001235") == f"{other} 137****1235"


@settings(deadline=None, max_examples=200)
@given(st.text(min_size=1, max_size=40))
def test_a_mask_never_fails_and_hides_something(text: str) -> None:
    person = Person(text, text, text).masked()
    for shown in (person.name, person.phone, person.id_number):
        assert shown is not None
    assert "*" in (person.phone or "")
    assert "*" in (person.id_number or "")
    mask_email(text)
    mask_address(text)


@settings(deadline=None, max_examples=200)
@given(
    number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    before=st.sampled_from(["", "电话", " ", "tel:", "（"]),
    after=st.sampled_from(["", "。", " ", "号", ","]),
)
def test_no_mobile_number_stays_in_running_text(number: str, before: str, after: str) -> None:
    assert number not in mask_text(before + number + after)
    assert normal_number(f"+86 {number[:3]}-{number[3:7]}-{number[7:]}") == number


PARTS = [
    "13812345678",
    "86",
    "0086 138 12345678",
    "32010219900307425X",
    "1",
    "+",
    "0",
    " ",
    "-",
    ".",
    "８",
    "a",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PARTS), max_size=8))
def test_the_cheap_look_at_a_text_passes_no_number_over(parts: list[str]) -> None:
    text = "".join(parts) + "年"
    assert mask_text(f"{text}@") == mask_text(text) + "@"  # with this sign the whole pattern is asked
