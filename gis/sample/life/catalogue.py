"""The sample catalogue of events: nine big classes, twenty-two small ones, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Season(Enum):
    """Weight of each month, January first."""

    EVEN = (9, 8, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9)
    SUMMER = (5, 5, 7, 9, 11, 14, 16, 16, 12, 9, 6, 5)
    RAIN = (3, 4, 6, 8, 11, 22, 24, 16, 9, 5, 4, 3)
    WINTER = (17, 14, 9, 6, 5, 5, 6, 6, 6, 7, 10, 15)
    SPRING = (6, 8, 16, 17, 13, 9, 8, 8, 9, 10, 9, 6)
    LEAVES = (8, 5, 7, 8, 7, 6, 6, 7, 9, 14, 20, 16)


class Place(Enum):
    """Land uses of grids an event of a class is found in: weight by use, others have 0.3."""

    STREETS = ("residential", "commercial", "mixed")
    SHOPS = ("commercial", "residential")
    WORKS = ("industrial", "mixed")
    COUNTRY = ("farmland", "forest", "mixed")
    ANYWHERE = ("residential", "commercial", "mixed", "industrial", "farmland", "forest")


@dataclass(frozen=True)
class SmallClass:
    """A small class of the catalogue (小类).

    Attributes:
        code: Four digits: two of the big class, two of the small one.
        big: Name of the big class.
        big_en: The same in English.
        name: Name of the small class; the `category` of an event.
        name_en: The same in English.
        department: The unit that answers for it in the end.
        weight: How often it is reported, relative to the others.
        urgent: Share of urgent reports; a fifth of these is extra urgent.
        season: When in the year.
        place: Where.
        texts: What reports of it say.
    """

    code: str
    big: str
    big_en: str
    name: str
    name_en: str
    department: str
    weight: int
    urgent: float
    season: Season
    place: Place
    texts: tuple[str, ...]


_BIG = {
    "01": ("市容环境", "City appearance", "城市管理局"),
    "02": ("市政设施", "Public facilities", "城乡建设局"),
    "03": ("园林绿化", "Green space", "园林局"),
    "04": ("违法建设", "Illegal construction", "综合行政执法局"),
    "05": ("街面秩序", "Street order", "城市管理局"),
    "06": ("河湖水务", "Rivers and lakes", "水务局"),
    "07": ("安全隐患", "Safety hazards", "应急管理局"),
    "08": ("矛盾纠纷", "Disputes", "司法局"),
    "09": ("民生服务", "Services to residents", "民政局"),
}


def _small(
    code: str,
    names: tuple[str, str],
    weight: int,
    urgent: float,
    where_when: tuple[Season, Place],
    texts: str,
) -> SmallClass:
    big, big_en, department = _BIG[code[:2]]
    season, place = where_when
    return SmallClass(
        code, big, big_en, *names, department, weight, urgent, season, place, tuple(texts.split("|"))
    )


CATALOGUE = (
    _small("0101", ("暴露垃圾", "Exposed rubbish"), 150, 0.02, (Season.SUMMER, Place.STREETS),
           "路边有成堆生活垃圾未清运|垃圾桶满溢，异味较大|绿化带内有零散垃圾|装修垃圾与生活垃圾混堆"),
    _small("0102", ("建筑垃圾", "Building rubble"), 70, 0.03, (Season.EVEN, Place.STREETS),
           "建筑垃圾无序堆放，占用人行道|渣土未覆盖，有扬尘|拆除后的砖块未及时清理"),
    _small("0103", ("道路不洁", "Dirty road"), 55, 0.01, (Season.LEAVES, Place.STREETS),
           "路面积尘较多，需冲洗|落叶堆积未清扫|路面有油污，易打滑"),
    _small("0104", ("乱张贴", "Illegal posters"), 48, 0.0, (Season.EVEN, Place.SHOPS),
           "电线杆上有小广告|公交站台被乱张贴|楼道口有大量涂写"),
    _small("0201", ("道路破损", "Road damage"), 62, 0.10, (Season.RAIN, Place.STREETS),
           "路面有坑洞，车辆避让困难|人行道砖松动破损|路缘石断裂"),
    _small("0202", ("井盖缺失破损", "Manhole cover missing"), 26, 0.55, (Season.EVEN, Place.STREETS),
           "污水井盖缺失，已临时围挡|井盖破裂下陷，车辆经过有异响|雨水篦子丢失"),
    _small("0203", ("路灯不亮", "Street lamp out"), 34, 0.04, (Season.WINTER, Place.ANYWHERE),
           "连续三盏路灯不亮|路灯整夜闪烁|路灯杆倾斜"),
    _small("0204", ("道路积水", "Road ponding"), 24, 0.30, (Season.RAIN, Place.STREETS),
           "暴雨后路面积水约二十厘米|下穿通道积水，车辆无法通行|排水不畅，小区门口积水"),
    _small("0301", ("绿地损毁", "Damaged green space"), 32, 0.02, (Season.SPRING, Place.STREETS),
           "绿化带被踩踏，黄土裸露|草坪被车辆碾压|行道树缺株"),
    _small("0302", ("树木倒伏", "Fallen tree"), 18, 0.35, (Season.SUMMER, Place.ANYWHERE),
           "大风后树枝折断挂在半空|树木倾斜，影响行人|枯树有倒伏风险"),
    _small("0401", ("违章搭建", "Unauthorised building"), 38, 0.02, (Season.EVEN, Place.STREETS),
           "顶楼正在搭建阳光房|院内私搭彩钢棚|占用公共绿地搭建"),
    _small("0402", ("占用耕地", "Farmland occupied"), 14, 0.05, (Season.SPRING, Place.COUNTRY),
           "耕地内堆放建材|农田内新建水泥地坪|田边私自填塘"),
    _small("0501", ("占道经营", "Street vending"), 88, 0.01, (Season.SUMMER, Place.SHOPS),
           "流动摊贩占用人行道|店外经营，桌椅占道|早市散后摊位未撤"),
    _small("0502", ("机动车乱停放", "Illegal parking"), 96, 0.04, (Season.EVEN, Place.SHOPS),
           "车辆占用消防通道|人行道上违停多辆汽车|路口违停影响视线"),
    _small("0503", ("非机动车乱停放", "Bicycles in the way"), 60, 0.0, (Season.EVEN, Place.SHOPS),
           "共享单车堆积在地铁口|电动车堵住单元门|盲道被单车占用"),
    _small("0601", ("河道漂浮物", "Floating waste"), 24, 0.03, (Season.SUMMER, Place.COUNTRY),
           "河面有大片水草和漂浮垃圾|桥下堆积塑料瓶|水面有油花"),
    _small("0602", ("排污异常", "Suspicious discharge"), 15, 0.25, (Season.RAIN, Place.WORKS),
           "排口有浑水流出，气味刺鼻|雨水管晴天排水|沟渠水体发黑"),
    _small("0701", ("消防隐患", "Fire hazard"), 52, 0.22, (Season.WINTER, Place.STREETS),
           "楼道堆放杂物，堵塞消防通道|电动车飞线充电|消防栓无水"),
    _small("0702", ("施工安全", "Unsafe building site"), 24, 0.25, (Season.EVEN, Place.WORKS),
           "工地围挡倒塌|脚手架未按规定防护|夜间施工无警示灯"),
    _small("0801", ("邻里纠纷", "Dispute between neighbours"), 46, 0.06, (Season.EVEN, Place.STREETS),
           "楼上漏水，双方协商不成|装修时间引起争执|公共区域晾晒起纠纷"),
    _small("0802", ("噪声扰民", "Noise"), 72, 0.03, (Season.SUMMER, Place.STREETS),
           "夜间广场舞音量过大|工地深夜施工|店铺音响扰民"),
    _small("0901", ("走访求助", "Call for help"), 58, 0.10, (Season.WINTER, Place.ANYWHERE),
           "独居老人需要上门走访|居民反映停水|残疾人申请帮扶|租户登记信息需更新"),
)  # fmt: skip
"""Small classes in the order of their codes."""
