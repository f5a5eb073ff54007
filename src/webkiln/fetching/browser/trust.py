"""The operator's own certificate authorities for pages in a browser, which knows only those it came with.

Where there are some, the browser is told to take any certificate, and every site proves itself to us
before the browser may speak to it.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from webkiln.errors import TlsFailed

if TYPE_CHECKING:
    import asyncio

    from webkiln.settings import FetchSettings


def trust_of(settings: FetchSettings) -> ssl.SSLContext | None:
    """Return what to judge certificates by; None where the browser's own judgement is as good.

    Raises OSError when the file of authorities cannot be read, ssl.SSLError when it holds none.
    """
    if settings.extra_ca_file is None:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(settings.extra_ca_file)
    return context


async def prove(trust: ssl.SSLContext, host: str, writer: asyncio.StreamWriter) -> None:
    """Let the other end of a fresh connection prove that it is `host`, and close it; raises TlsFailed."""
    try:
        await writer.start_tls(trust, server_hostname=host)
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "the handshake failed"
        raise TlsFailed(f"ERR_CERT_INVALID: tried {host} in a browser, {reason}") from None
    finally:
        writer.transport.abort()
