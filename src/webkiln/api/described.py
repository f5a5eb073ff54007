"""How routes describe themselves on the OpenAPI page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from webkiln.contract.errors import BadRequestBody, BareErrorBody, ErrorBody, ScrapeErrorBody

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

_TEMPLATE = "#/components/schemas/{model}"
_bodies: list[type[BaseModel]] = []

_ERRORS: dict[int, tuple[type[BaseModel], str]] = {
    400: (BadRequestBody, "The request breaks the schema, or asks for what this server cannot do"),
    401: (ErrorBody, "No valid API key"),
    402: (ErrorBody, "The key's limit of credits is used up"),
    403: (ScrapeErrorBody, "The address is not one this server fetches from"),
    404: (ErrorBody, "Unknown, expired, or another team's"),
    408: (ScrapeErrorBody, "The page did not arrive in time"),
    409: (ErrorBody, "The state of the job does not allow it"),
    413: (ErrorBody, "The body is too large"),
    429: (ErrorBody, "Too many requests; Retry-After says when to come back"),
    500: (ScrapeErrorBody, "The page could not be scraped, or the server failed"),
    503: (ErrorBody, "The server cannot answer right now; Retry-After says when to come back"),
}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a JSON body; the route reads it itself, to answer in the contract's words."""
    _bodies.append(model)
    schema = {"$ref": _TEMPLATE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def answers(
    model: type[BaseModel] | None, *statuses: int, bare: tuple[int, ...] = ()
) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route: 200 with `model`, and errors by status."""
    described: dict[int | str, dict[str, Any]] = {}
    if model is not None:
        described[200] = {"model": model}
    for status in statuses:
        body, text = _ERRORS[status]
        described[status] = {"model": BareErrorBody if status in bare else body, "description": text}
    return described


def complete(app: FastAPI) -> None:
    """Add the schemas of the bodies, and the key, to the app's OpenAPI description."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = generate()
            models = [(model, "validation") for model in dict.fromkeys(_bodies)]
            _, definitions = models_json_schema(models, ref_template=_TEMPLATE)  # type: ignore[arg-type]
            components = description.setdefault("components", {})
            components.setdefault("schemas", {}).update(definitions.get("$defs", {}))
            components["securitySchemes"] = {"bearerAuth": {"type": "http", "scheme": "bearer"}}
            description["security"] = [{"bearerAuth": []}]
            for path in description["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)  # no route answers it
            app.openapi_schema = description
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
