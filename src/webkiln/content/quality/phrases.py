"""What sites say, in the languages of the larger webs, in place of the page that was asked for."""

# ruff: noqa: RUF001 (letters of other alphabets are meant)

from __future__ import annotations

import re
from typing import Final


def _any_of(*phrases: str) -> re.Pattern[str]:
    """Return what finds one of the phrases as words of their own, in texts that are folded and trimmed."""
    spaced = "|".join(re.escape(phrase) for phrase in phrases if phrase.isascii() or phrase[0] < "\u2e80")
    unspaced = "|".join(re.escape(phrase) for phrase in phrases if phrase[0] >= "\u2e80")
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)|{unspaced}")


NOT_FOUND: Final = _any_of(
    *(
        "404 not found",
        "404 error",
        "404 -",
        "404 \u2013",
        "404:",
        "404 |",
        "page not found",
        "not found",
        "page doesn't exist",
        "page does not exist",
        "no longer available",
    ),
    *(
        "can't find that page",
        "can't find the page",
        "cannot be found",
        "could not be found",
        "nothing found",
    ),
    *("page you requested was not found", "page has moved or", "no longer exists", "error 404"),
    *("seite nicht gefunden", "nicht gefunden", "seite existiert nicht", "nicht mehr verfügbar"),
    *("page introuvable", "page non trouvée", "n'existe pas", "n'existe plus", "n'est plus disponible"),
    *("página no encontrada", "no se encontró", "no existe", "ya no está disponible"),
    *("página não encontrada", "não encontrada", "não existe", "pagina non trovata", "non trovata"),
    *("non esiste", "pagina niet gevonden", "niet gevonden", "bestaat niet", "sidan hittades inte"),
    *("siden blev ikke fundet", "strona nie istnieje", "nie znaleziono", "nie została znaleziona"),
    *("страница не найдена", "не найдена", "не найдено", "сторінку не знайдено", "sayfa bulunamadı"),
    *("stránka nenalezena", "oldal nem található", "pagina nu a fost găsită", "trang không tồn tại"),
    *("halaman tidak ditemukan", "الصفحة غير موجودة", "غير موجودة", "صفحه یافت نشد", "הדף לא נמצא"),
    *(
        "ページが見つかりません",
        "お探しのページは",
        "見つかりませんでした",
        "页面不存在",
        "找不到页面",
        "页面未找到",
    ),
    *(
        "找不到頁面",
        "找不到網頁",
        "頁面不存在",
        "페이지를 찾을 수 없습니다",
        "존재하지 않는 페이지",
        "पृष्ठ नहीं मिला",
    ),
)

BLOCKED: Final = _any_of(
    *("access denied", "verify you are human", "verify that you are human", "are you a robot", "not a robot"),
    *(
        "unusual traffic",
        "you have been blocked",
        "request blocked",
        "checking your browser",
        "just a moment",
    ),
    *(
        "automated access",
        "bot detection",
        "enable cookies and",
        "attention required",
        "pardon our interruption",
    ),
    *("security check", "zugriff verweigert", "kein roboter", "ungewöhnlichen datenverkehr"),
    *("accès refusé", "pas un robot", "acceso denegado", "no eres un robot", "no soy un robot"),
    *("acesso negado", "não sou um robô", "accesso negato", "non sono un robot", "toegang geweigerd"),
    *(
        "geen robot",
        "odmowa dostępu",
        "nie jestem robotem",
        "доступ запрещен",
        "доступ запрещён",
        "я не робот",
    ),
    *("erişim engellendi", "robot değilim", "truy cập bị từ chối", "تم رفض الوصول", "لست روبوتا"),
    *("アクセスが拒否されました", "ロボットではありません", "访问被拒绝", "安全验证", "人机验证", "存取被拒"),
    *("접근이 거부되었습니다", "로봇이 아닙니다"),
)

PAYWALL: Final = _any_of(
    *(
        "subscribe to continue",
        "subscribe to read",
        "subscribe now to",
        "to continue reading",
        "to keep reading",
    ),
    *("for subscribers only", "subscribers only", "already a subscriber", "this article is for subscribers"),
    *("read the full article", "read the full story", "become a member to read", "free articles left"),
    *(
        "unlock this article",
        "jetzt weiterlesen",
        "weiterlesen mit",
        "nur für abonnenten",
        "bereits abonnent",
    ),
    *(
        "réservé aux abonnés",
        "réservé à nos abonnés",
        "déjà abonné",
        "pour lire la suite",
        "exclusivo para suscriptores",
    ),
    *("suscríbete para", "solo para suscriptores", "ya eres suscriptor", "exclusivo para assinantes"),
    *("assine para", "já é assinante", "riservato agli abbonati", "abbonati per", "sei già abbonato"),
    *(
        "alleen voor abonnees",
        "word abonnee",
        "lees verder met",
        "endast för prenumeranter",
        "kun for abonnenter",
    ),
    *("tylko dla subskrybentów", "dla prenumeratorów", "только для подписчиков", "оформите подписку"),
    *(
        "sadece aboneler",
        "abone olun",
        "للمشتركين فقط",
        "会員限定",
        "有料会員",
        "この記事は有料",
        "続きを読むには",
    ),
    *("订阅后阅读", "仅限订阅", "成为会员", "訂閱後", "付費會員", "구독자 전용", "유료 회원"),
)
