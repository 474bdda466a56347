"""The application's own exceptions in the one shape that the client library gives all others: problems (RFC 9457)."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from coffee.core.errors import CoffeeError
from key_value_client.fastapi import add_problem_handlers, answer_problem


def make_problem(error: CoffeeError) -> JSONResponse:
    """Return the problem of an exception."""
    errors = [{"field": error.field, "rule": error.kind, "message": str(error) or error.title}] if error.field else []
    return answer_problem(error.status, error.kind, error.title, str(error), errors)


def add_handlers(app: FastAPI) -> None:
    """Let the application answer exceptions as problems."""
    add_problem_handlers(app, "coffee")

    @app.exception_handler(CoffeeError)
    async def answer_own(_: Request, error: CoffeeError) -> JSONResponse:
        return make_problem(error)
