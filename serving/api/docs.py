"""/docs: the description of the interface as one page that loads nothing from elsewhere and runs no script."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

METHODS = ("get", "post", "put", "patch", "delete")

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: light-dark(#0b57a4, #8ab8ff); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
section { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem; margin: 1.5rem 0; }
h2 code { color: var(--accent); font-size: 1.1rem; }
td p { margin: 0; } pre { background: var(--soft); padding: .75rem; overflow: auto; }
pre, code { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; } a { color: var(--accent); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: start; vertical-align: top; padding: .3rem .6rem;
border-top: 1px solid var(--line); } summary { cursor: pointer; padding: .4rem 0; }
"""


def router() -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        page = document(request.app.openapi())
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    return routes


def document(schema: dict[str, Any]) -> str:
    """The page that describes `schema`."""
    operations = [
        _operation(method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    types = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_code(found)}</details>"
        for name, found in sorted(schema["components"]["schemas"].items())
    )
    title = escape(schema["info"]["title"])
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head><body><main>"
        f"<h1>{title}</h1>{_prose(schema['info'].get('description', ''))}"
        f"<p>For programs: <a href='openapi.json'>openapi.json</a></p>"
        f"{''.join(operations)}<section><h2>Types</h2>{types}</section></main></body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p><strong>{escape(operation.get('summary', ''))}</strong></p>{_prose(operation.get('description', ''))}",
    ]
    parts += [f"<pre>{escape(sample['source'])}</pre>" for sample in operation.get("x-codeSamples", ())]
    if operation.get("parameters"):
        rows = "".join(
            f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
            f"<td>{_prose(each.get('description', ''))}</td></tr>"
            for each in operation["parameters"]
        )
        parts.append(f"<details open><summary>Parameters</summary><table>{rows}</table></details>")
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<details><summary>Body: <code>{escape(kind)}</code></summary>{_code(content['schema'])}")
        for example in content.get("examples", {}).values():
            parts.append(f"<p>{escape(example.get('summary', ''))}</p>{_code(example['value'])}")
        parts.append("</details>")
    parts.append(f"<details><summary>Answers</summary><table>{_answers(operation['responses'])}</table></details>")
    return "".join(parts) + "</section>"


def _answers(responses: dict[str, Any]) -> str:
    rows = []
    for status, response in responses.items():
        kinds = ", ".join(f"<code>{escape(kind)}</code>" for kind in response.get("content", {}))
        shapes = "".join(_code(each["schema"]) for each in response.get("content", {}).values() if status == "200")
        told = escape(response.get("description", ""))
        rows.append(f"<tr><td>{escape(status)}</td><td>{told} {kinds}{shapes}</td></tr>")
    return "".join(rows)


def _code(value: object) -> str:
    text = escape(json.dumps(value, indent=2, ensure_ascii=False), quote=False)
    linked = re.sub(r"#/components/schemas/(\w+)", r"<a href='#\1'>\1</a>", text)
    # A file in base64 says nothing to a reader.
    shortened = re.sub(r"([A-Za-z0-9+/]{60})[A-Za-z0-9+/=]{200,}", r"\1…", linked)
    return f"<pre>{shortened}</pre>"


def _prose(text: str) -> str:
    """Paragraphs with `code` and **bold**: all that the descriptions use."""
    paragraphs = [escape(part.strip()) for part in text.strip().split("\n\n") if part.strip()]
    html = "".join(f"<p>{part}</p>" for part in paragraphs)
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html)
