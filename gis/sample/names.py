"""Invented Chinese names with their pinyin: places, people, roads and rivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DISTRICT = ("云麓区", "Yunlu District")

_STREETS = (
    "云栖 yunqi,鹤鸣 heming,澄泽 chengze,枫岭 fengling,锦湾 jinwan,瑞禾 ruihe,碧岑 bicen,望峦 wangluan,"
    "栖霁 qiji,松坪 songping,兰汀 lanting,砚溪 yanxi,镜浦 jingpu,棠川 tangchuan"
)
_FIRST = (
    "云 yun,青 qing,锦 jin,瑞 rui,兰 lan,竹 zhu,松 song,柳 liu,枫 feng,桃 tao,桂 gui,荷 he,菱 ling,芦 lu,"
    "鹭 lu,鹤 he,燕 yan,莺 ying,晓 xiao,晴 qing,霞 xia,星 xing,月 yue,金 jin,银 yin,玉 yu,石 shi,砚 yan,"
    "碧 bi,翠 cui,丹 dan,素 su,和 he,清 qing,明 ming,永 yong,长 chang,新 xin,文 wen,书 shu"
)
_URBAN_LAST = (
    "庭 ting,苑 yuan,园 yuan,景 jing,华 hua,悦 yue,和 he,泰 tai,锦 jin,台 tai,府 fu,阁 ge,轩 xuan,里 li,"
    "巷 xiang,城 cheng,港 gang,汇 hui,桥 qiao,门 men,湖 hu,滨 bin,泉 quan,坊 fang"
)
_VILLAGE_LAST = (
    "塘 tang,村 cun,湾 wan,坝 ba,岗 gang,冲 chong,圩 wei,埠 bu,桥 qiao,墩 dun,泉 quan,洼 wa,坪 ping,"
    "山 shan,林 lin,田 tian,渡 du,井 jing,溪 xi,岭 ling,沟 gou,垛 duo"
)
_WATER = (
    "清溪 qingxi,望江 wangjiang,白菱 bailing,九曲 jiuqu,锦带 jindai,长芦 changlu,玉带 yudai,石臼湾 shijiuwan,"
    "青枫 qingfeng,柳叶 liuye,双桥 shuangqiao,芦花 luhua,鱼嘴 yuzui,横塘 hengtang,牛渚 niuzhu,晓月 xiaoyue,"
    "桃源 taoyuan,枕流 zhenliu,寒泉 hanquan,丹砂 dansha,梅坞 meiwu,榆林 yulin,竹丝 zhusi,鹭洲 luzhou"
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红梅文斌海燕春雷晓东雪峰宁佳慧宇航"


@dataclass(frozen=True)
class Name:
    """A name in Chinese and in Latin letters."""

    zh: str
    en: str


def _pool(text: str) -> list[Name]:
    return [Name(*item.split(" ")) for item in text.split(",")]


def _joined(first: Name, last: Name) -> Name:
    # pinyin sets an apostrophe before a syllable that begins with a vowel
    mark = "'" if last.en[0] in "aeo" else ""
    return Name(first.zh + last.zh, f"{first.en}{mark}{last.en}")


def street_names(rng: np.random.Generator, count: int) -> list[Name]:
    """Return names of streets (街道) without the ending, all different."""
    pool = _pool(_STREETS)
    return [_capital(pool[place]) for place in rng.permutation(len(pool))[:count]]


def community_names(rng: np.random.Generator, count: int, *, urban: bool) -> list[Name]:
    """Return names of communities or villages without the ending, all different."""
    firsts, lasts = _pool(_FIRST), _pool(_URBAN_LAST if urban else _VILLAGE_LAST)
    chosen: list[Name] = []
    taken = {name.en for name in _pool(_STREETS)}
    for place in rng.permutation(len(firsts) * len(lasts)).tolist():
        first, last = firsts[place // len(lasts)], lasts[place % len(lasts)]
        name = _joined(first, last)
        # different characters may sound alike, and then the English names would repeat
        if first.zh != last.zh and name.en not in taken:
            taken.add(name.en)
            chosen.append(_capital(name))
        if len(chosen) == count:
            break
    return chosen


def water_names(rng: np.random.Generator, count: int) -> list[Name]:
    """Return names of rivers without the ending, repeated with a number word when there are many."""
    pool = [_capital(_pool(_WATER)[place]) for place in rng.permutation(len(_pool(_WATER)))]
    parts = [Name("", ""), *_pool("东 East,西 West,上 Upper,下 Lower")]
    names = []
    for number in range(count):
        part, name = parts[number // len(pool)], pool[number % len(pool)]
        names.append(Name(part.zh + name.zh, f"{part.en} {name.en}".strip()))
    return names


def road_names(rng: np.random.Generator, count: int) -> list[Name]:
    """Return names of roads without the ending, all different up to some 500."""
    return community_names(rng, count, urban=True)


def site_names(rng: np.random.Generator, count: int) -> list[Name]:
    """Return names of parks, campuses and the like without the ending, all different."""
    return community_names(rng, count, urban=True)


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Return invented names of people, two or three characters; some occur more than once, as in life."""
    surname = rng.integers(0, len(_SURNAMES), count)
    given = rng.integers(0, len(_GIVEN), (count, 2))
    single = rng.random(count) < 0.25  # noqa: PLR2004 - the share of two-character names
    return [
        _SURNAMES[s] + _GIVEN[g] + ("" if short else _GIVEN[h])
        for s, (g, h), short in zip(surname.tolist(), given.tolist(), single.tolist(), strict=True)
    ]


def _capital(name: Name) -> Name:
    return Name(name.zh, name.en.capitalize())
