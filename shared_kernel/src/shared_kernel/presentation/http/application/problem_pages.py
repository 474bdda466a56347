"""The pages that explain types of problems: `Link` of a problem leads to its own."""

import html
import json
import re
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from shared_kernel.presentation.http.application.pages import DOCUMENTATION
from shared_kernel.presentation.http.routing.problem_help import Help
from shared_kernel.presentation.http.routing.problems import HELP_PATH, Problems, describe_example, list_kinds

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem }}
pre {{ overflow: auto; padding: .75rem; border: 1px solid #8888; border-radius: .3rem }}
</style>
<h1>{name}</h1>
<p><strong>{titles}</strong></p>
<h2>What it means</h2>
<p>{meaning}</p>
<h2>What to do</h2>
<p>{remedy}</p>
<h2>Example</h2>
<pre>{example}</pre>
<p><a href="..{documentation}">All operations of this service</a></p>
</html>
"""


def show_problems(problems: Problems, explanations: Help) -> Route:
    """Return the route of the pages, which are in English and have nothing in them but what the code says."""
    pages = {
        name: _PAGE.format(
            name=name,
            titles=html.escape("; ".join(f"{kind.status} {kind.title}" for kind in kinds)),
            meaning=_mark_code(explanations[name].meaning),
            remedy=_mark_code(explanations[name].remedy),
            example=html.escape(json.dumps(describe_example(kinds[0], explanations[name]), indent=2, ensure_ascii=False)),
            documentation=DOCUMENTATION,
        )
        for name, kinds in list_kinds(problems).items()
    }

    async def show_problem(request: Request) -> HTMLResponse:
        page = pages.get(request.path_params["name"])
        if page is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return HTMLResponse(page)

    return Route(f"{HELP_PATH}{{name}}", show_problem)


def _mark_code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
