"""The API's description as one page of HTML, without scripts and without anything from elsewhere."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f4f4f4;padding:1rem;overflow:auto}"
    "h2{margin-top:2.5rem;border-top:1px solid #ccc;padding-top:1rem}td{padding:.2rem 1rem .2rem 0}"
)


def docs_page(description: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI description: each operation, its body, its answers, then the schemas."""
    title = f"{_text(description['info']['title'])} API"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>",
        f"<style>{_STYLE}</style><h1>{title}</h1>",
        f"<p>{_text(description['info'].get('summary', ''))}.",
        ' Machine-readable: <a href="/openapi.json">openapi.json</a>.</p>',
    ]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            parts.append(_operation(method, path, operation))
    parts.append("<h2>Schemas</h2>")
    for name, schema in sorted(description["components"]["schemas"].items()):
        shown = _text(json.dumps(schema, indent=1, ensure_ascii=False))
        parts.append(
            f"<details id={name}><summary><code>{_text(name)}</code></summary><pre>{shown}</pre></details>"
        )
    return "".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    summary = _text(operation.get("summary", ""))
    rows = [f"<h2><code>{method.upper()} {_text(path)}</code></h2><p>{summary}</p><table>"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        rows.append(f"<tr><td>body</td><td>{_reference(body)}</td></tr>")
    for parameter in operation.get("parameters", []):
        about = _text(parameter.get("description", parameter["in"]))
        rows.append(f"<tr><td><code>{_text(parameter['name'])}</code></td><td>{about}</td></tr>")
    for status, answer in operation["responses"].items():
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        about = _text(answer.get("description", ""))
        rows.append(f"<tr><td>{_text(status)}</td><td>{about} {_reference(schema)}</td></tr>")
    return "".join(rows) + "</table>"


def _reference(schema: Mapping[str, Any]) -> str:
    name = _text(schema.get("$ref", "").rpartition("/")[2])
    return f'<a href="#{name}"><code>{name}</code></a>' if name else ""


def _text(value: object) -> str:
    return html.escape(str(value))
