"""The hooks of mkdocs.yml: pages that are generated or that other folders have, headings' ids and links as on a forge."""

import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "development"))

from documentation.commonmark import adapt  # noqa: E402
from documentation.links import DOCUMENTATION, INCLUDED, PICTURES, adapt_links, find_source  # noqa: E402
from documentation.translations import adapt_translation, slugify  # noqa: E402

# Two builds of the same pages are the same, byte for byte.
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")

PUBLISHED = "<!-- the published table -->"
"""Where a page has the figures of the last published benchmark, on the site alone: elsewhere they would go stale."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give headings the ids that forges give them, so that a link to one leads there on both."""
    config.mdx_configs["toc"] = config.mdx_configs.get("toc", {}) | {"slugify": slugify}
    return config


@event_priority(100)  # type: ignore[untyped-decorator] # before translations are looked for
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are in no file of the folder."""
    for name in (*generate_pages(), *INCLUDED.values()):
        files.append(File(name, config.docs_dir, config.site_dir, config.use_directory_urls))
    return files


@event_priority(-100)  # type: ignore[untyped-decorator] # after translations were looked for, in the folder of pages alone
def on_nav(nav: Any, config: MkDocsConfig, files: Files) -> Any:
    """Add the plots of the last published benchmark."""
    for picture in sorted((ROOT / PICTURES).glob("*.png")):
        name = f"{PICTURES}/{picture.name}"
        if files.get_file_from_path(name) is None:
            source = File(name, str(ROOT), config.site_dir, config.use_directory_urls)
            files.append(source)
    return nav


def on_page_read_source(page: Page, config: MkDocsConfig) -> str | None:  # noqa: ARG001 - mkdocs passes it
    """Return the text of a page that is in no file of the folder."""
    name = page.file.src_uri
    if name in generate_pages():
        return generate_pages()[name]
    return (ROOT / find_source(name)).read_text(encoding="utf-8") if name in INCLUDED.values() else None


@event_priority(100)  # type: ignore[untyped-decorator]
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs passes it
    """Adapt a page that was written for a forge."""
    name = re.sub(r"\.ru\.md$", ".md", page.file.src_uri)
    if name != page.file.src_uri:
        markdown = adapt_translation(markdown, DOCUMENTATION + name)
    return adapt(adapt_links(markdown, name)).replace(PUBLISHED, find_published_table())


def find_published_table() -> str:
    """Return the figures of the last published benchmark."""
    text = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    return text.partition("<!-- make bench-publish writes this table -->")[2].partition("<!-- end of the table -->")[0]


@cache
def generate_pages() -> dict[str, str]:
    """Return the generated pages by their names. No setting, file or environment of whoever builds the site gets into them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "documentation", "pages"], cwd=folder, stdout=subprocess.DEVNULL, check=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "development")},
        )  # fmt: skip
        pages = Path(folder) / "pages"
        return {path.relative_to(pages).as_posix(): path.read_text(encoding="utf-8") for path in sorted(pages.rglob("*.md"))}
