from __future__ import annotations

import pytest

SOUPS = [("Leek soup", "creamy", "6.50"), ("Pea soup", "", "5.00"), ("Fish soup", "with saffron", "8.00")]
GRILL = [("Lamb chops", "", "21.00"), ("Half a duck", "crisp", "19.50"), ("Whole trout", "", "17.00")]
EXPECTED = {
    "Soups": [("Leek soup", 6.5), ("Pea soup", 5), ("Fish soup", 8)],
    "From the fire": [("Lamb chops", 21), ("Half a duck", 19.5), ("Whole trout", 17)],
}


def laid_out(dish, *, heading="<h2>{}</h2>", around="{}"):
    """Return a page whose dishes are all written in the same way."""
    return "<h1>The Inn</h1>" + "".join(
        heading.format(name) + around.format("".join(dish.format(*one) for one in dishes))
        for name, dishes in (("Soups", SOUPS), ("From the fire", GRILL))
    )


WAYS = {
    "spans in a list": ("<li><span>{0}</span> <span>£{2}</span><p>{1}</p></li>", "<ul>{}</ul>"),
    "price first": ("<div class=dish><b>£{2}</b><h4>{0}</h4><p>{1}</p></div>", "<div>{}</div>"),
    "name and price in a heading": ("<div><h3>{0} - £{2}</h3><p>{1}</p></div>", "<section>{}</section>"),
    "one after another": ("<p>{0}</p><p>£{2}</p>", "{}"),
    "rows of a table": ("<tr><td>{0}<br><i>{1}</i><td>£{2}</tr>", "<table>{}</table>"),
    "name and price as a definition": ("<dt>{0}<dd>£{2}<dd>{1}", "<dl>{}</dl>"),
    "one paragraph": ("<p><strong>{0}</strong> {2} €<br>{1}</p>", "<div>{}</div>"),
    "cards that are links": (
        "<a href=/d class=card><img src=d.jpg><div>{0}</div><div>{1}</div><div>£{2}</div></a>",
        "<div>{}</div>",
    ),
    "a button with the price": ("<div><b>{0}</b><button>Add · £{2}</button></div>", "<div>{}</div>"),
    "dots up to a number": ("<p>{0} ............ {2}</p>", "{}"),
    "a number in a box of its own": ("<li><span>{0}</span><span class=p>{2}</span></li>", "<ul>{}</ul>"),
    "pounds and pence": ("<li>{0} <b>£{2}</b></li>", "<ul>{}</ul>"),
    "flex boxes": (
        "<div class=row><div class=l><div>{0}</div><div>{1}</div></div><div class=r>£{2}</div></div>",
        "<div class=list>{}</div>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "heading", ["<h2>{}</h2>", "<p><b>{}</b></p>", "<div class=menu-category-title>{}</div>"]
)
def test_a_menu_is_read_however_it_is_laid_out(shown, pairs, way, heading):
    dish, around = WAYS[way]
    assert pairs(shown(laid_out(dish, heading=heading, around=around))) == EXPECTED


def test_headings_may_be_rows_of_the_table_itself(shown, pairs):
    body = laid_out("<tr><td>{0}<td>£{2}</tr>", heading="<tr><th colspan=2>{}</tr>")
    assert pairs(shown(f"<table>{body.removeprefix('<h1>The Inn</h1>')}</table>")) == EXPECTED


def test_what_stands_below_a_name_describes_it(shown):
    found = shown(laid_out("<li><b>{0}</b> £{2}<p>{1}</p></li>", around="<ul>{}</ul>"))
    told = [item["description"] for section in found["sections"] for item in section["items"]]
    assert told == ["creamy", None, "with saffron", None, "crisp", None]


def test_what_stands_below_a_heading_describes_the_section(shown):
    body = laid_out("<li>{0} £{2}</li>", heading="<h2>{}</h2><p>until nine</p>", around="<ul>{}</ul>")
    assert [section["description"] for section in shown(body)["sections"]] == ["until nine"] * 2


FIFTEEN = "\u0661\u0665\u066b\u0665\u0660 ر.س"
MENUS = {
    "de": (
        "Speisekarte",
        "Suppen",
        [("Lauchsuppe", "6,50 €"), ("Fischsuppe", "8,00 €"), ("Tagessuppe", "5,- €")],
    ),
    "hu": ("Étlap", "Levesek", [("Húsleves", "2 450 Ft"), ("Halászlé", "3 950 Ft"), ("Gulyás", "2 950 Ft")]),
    "ja": ("お品書き", "前菜", [("枝豆", "380円"), ("冷奴", "450円"), ("刺身盛り合わせ", "1,280円")]),
    "ar": (
        "قائمة الطعام",
        "المقبلات",
        [("حمص", "12 ر.س"), ("تبولة", FIFTEEN), ("فتوش", "14 ر.س")],
    ),
    "he": ("תפריט", "סלטים", [("סלט ירוק", "₪32"), ("סלט יווני", "₪38"), ("סלט חם", "₪42.5")]),
    "cs": (
        "Jídelní lístek",
        "Polévky",
        [("Kulajda", "89 Kč"), ("Gulášová", "95 Kč"), ("Vývar", "1 095,50 Kč")],
    ),
    "th": ("เมนู", "ของหวาน", [("ข้าวเหนียวมะม่วง", "฿120"), ("บัวลอย", "฿60"), ("ไอศกรีม", "฿45")]),
}
AMOUNTS = {
    "de": [6.5, 8, 5], "hu": [2450, 3950, 2950], "ja": [380, 450, 1280], "ar": [12, 15.5, 14],
    "he": [32, 38, 42.5], "cs": [89, 95, 1095.5], "th": [120, 60, 45],
}  # fmt: skip


@pytest.mark.parametrize("language", MENUS)
def test_a_menu_is_read_in_any_language(shown, pairs, language):
    title, section, dishes = MENUS[language]
    rows = "".join(f"<li><span>{name}</span><span>{price}</span></li>" for name, price in dishes)
    found = shown(f"<h1>{title}</h1><h2>{section}</h2><ul>{rows}</ul>", title=title, language=language)
    names = [name for name, _ in dishes]
    assert pairs(found) == {section: list(zip(names, AMOUNTS[language], strict=True))}
    assert [item["price"]["formatted"] for item in found["sections"][0]["items"]] == [
        price for _, price in dishes
    ]


def test_small_print_is_no_part_of_a_name(shown):
    rows = (
        "<li>Pea soup <small>(vegan, gf)</small> <em>320 kcal</em> <b>£5</b></li>"
        "<li>Lamb 🌱 <i>sold out</i> <b>£9</b></li><li>Trout (from our pond) <b><s>£12</s> £10</b></li>"
    )
    found = shown(f"<h1>Menu</h1><h2>Mains</h2><ul>{rows}</ul>")["sections"][0]["items"]
    assert [item["name"] for item in found] == ["Pea soup", "Lamb", "Trout (from our pond)"]
    assert [item["dietary"] for item in found] == [["vegan", "gluten-free"], ["vegan"], []]
    assert [item["calories"] for item in found] == [320, None, None]
    stock = [tuple(item["availability"].values()) for item in found]
    assert stock == [(True, None), (False, "sold out"), (True, None)]
    assert [item["price"]["amount"] for item in found] == [5, 9, 10]


def test_what_stands_around_a_menu_is_no_dish(shown, pairs):
    body = laid_out("<li>{0} £{2}</li>", around="<ul>{}</ul>")
    page = f"<nav><a>Gift cards £10</a></nav><main>{body}</main><footer><p>Vouchers from £25</p></footer>"
    assert pairs(shown(page)) == EXPECTED


def test_a_section_of_one_dish_keeps_its_heading(shown, pairs):
    rows = "".join(f"<li><h3>{name}</h3><b>£{price}</b></li>" for name, _, price in SOUPS)
    page = f"<section><h2>Soups</h2><ul>{rows}</ul></section>"
    page += "<section><h2>For later</h2><ul><li><h3>Cheese</h3><b>£7</b></li></ul></section>"
    assert pairs(shown(page)) == {"Soups": EXPECTED["Soups"], "For later": [("Cheese", 7)]}
