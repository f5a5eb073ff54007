from typing import get_args

import pytest

from webkiln.content.quality.verdict import Seen, Verdict, judge, says_locked
from webkiln.content.quality.words import words_of
from webkiln.contract.quality import Quality

PROSE = "The kiln was fired overnight, and the celadon came out even on every shelf but the lowest. "
LONG = f"# Celadon\n\n{PROSE * 40}"


def verdict(markdown, *, title="", status=200, **seen):
    return judge(Seen(**seen), status=status, title=title, markdown=markdown, words=words_of(markdown))


@pytest.mark.parametrize(
    "markdown",
    [
        LONG,
        f"# Room 404 of the museum\n\n{PROSE * 12}",
        f"# Why a page is not found\n\n{PROSE * 40}",
        f"# Paywalls\n\n{PROSE * 60} Subscribe to continue reading, they say.",
        "# Peugeot 404\n\n" + PROSE * 5,
        "窯を開ける日の朝はいつも静かで、棚の上の青磁が少しずつ冷めていく音だけが聞こえた。" * 5,
    ],
)
def test_a_page_with_something_to_read_is_good(markdown):
    assert verdict(markdown) == ("ok", [])


@pytest.mark.parametrize(
    "called",
    [
        "Page not found | Bowls",
        "404",
        "\u2013 404 \u2013",
        "404 | Bowls",
        "We can\u2019t find the page",
        "Seite nicht gefunden",
        "Oups, page introuvable",
        "Página no encontrada",
        "Página não encontrada",
        "Pagina non trovata",
        "Strona nie istnieje",
        "Страница не найдена",
        "Sayfa bulunamad\u0131",
        "ページが見つかりません",
        "找不到页面",
        "페이지를 찾을 수 없습니다",
        "الصفحة غير موجودة",
    ],
)
def test_a_page_that_is_called_not_found_is_not_there_whatever_its_status(called):
    assert verdict("Try our search.", title=called)[0] == "soft404"
    assert verdict(f"# {called}\n\nTry our search.", title="Bowls")[0] == "soft404"
    assert verdict(f"{called}\n\nTry our search.")[0] == "soft404"
    assert verdict(f"# {called}\n\nTry our search.", status=404)[0] == "error"


@pytest.mark.parametrize(
    "said",
    [
        "Access Denied",
        "Please verify you are human.",
        "Zugriff verweigert",
        "Confirmez que vous n'êtes pas un robot",
        "Acceso denegado",
        "Доступ запрещён",
        "访问被拒绝",
        "アクセスが拒否されました",
    ],
)
@pytest.mark.parametrize("status", [200, 403])
def test_who_is_kept_out_is_told_so(said, status):
    assert verdict(f"# Bowls\n\n{said}", status=status)[0] == "blocked"


def test_a_challenge_is_one_where_there_is_nothing_else():
    assert verdict("Wait.", challenge="DataDome")[1][0] == "a DataDome challenge"
    assert verdict(LONG, challenge="reCAPTCHA") == ("ok", [])


@pytest.mark.parametrize(
    "said",
    [
        "Subscribe to continue reading.",
        "Already a subscriber? Log in.",
        "Jetzt weiterlesen mit dem Monatsabo",
        "Article réservé aux abonnés",
        "Contenido exclusivo para suscriptores",
        "Já é assinante? Entre",
        "Alleen voor abonnees",
        "Только для подписчиков",
        "この記事は有料会員限定です",
        "订阅后阅读全文",
    ],
)
def test_what_is_for_subscribers_says_so_where_the_text_ends(said):
    assert verdict(f"# Celadon\n\n{PROSE * 8}\n\n{said}")[0] == "paywall"
    assert verdict(f"# Celadon\n\n{PROSE * 60}\n\n{said}")[0] == "ok"


@pytest.mark.parametrize(
    ("html", "locked"),
    [
        ('{"isAccessibleForFree": false}', True),
        ('{"isAccessibleForFree":"False"}', True),
        ('{"isAccessibleForFree": "https://schema.org/False"}', True),
        ('<meta itemprop="isAccessibleForFree" content="false">', True),
        ('<meta property="article:content_tier" content="locked">', True),
        ('<meta property="article:content_tier" content="free">', False),
        ('{"isAccessibleForFree": true}', False),
        ("false", False),
    ],
)
def test_what_a_page_says_to_machines(html, locked):
    assert says_locked(html) is locked


def test_a_page_that_is_not_free_and_whole_all_the_same_is_good():
    assert verdict(f"# Celadon\n\n{PROSE * 60}", locked=True) == ("ok", [])
    assert verdict(f"# Celadon\n\n{PROSE * 8}", locked=True) == ("paywall", ["says that it is not free"])


def test_little_to_read_has_a_reason_or_is_thin():
    assert verdict("Loading", shell="the page asked for JavaScript") == (
        "emptyShell",
        ["the page asked for JavaScript", "1 words"],
    )
    assert verdict("Opening hours: ten to six.") == ("thin", ["5 words"])
    assert verdict(PROSE * 10, led_home=True) == ("soft404", ["led to a front page"])
    assert verdict("# Bowls", status=503)[0] == "error"


def test_verdicts_are_called_the_same_inside_and_on_the_wire():
    assert get_args(Quality.model_fields["verdict"].annotation) == get_args(Verdict)
