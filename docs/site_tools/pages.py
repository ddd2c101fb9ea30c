"""Pages that are made from other files when MkDocs builds the site, so that they cannot differ from them.

The reference has a page for each subpackage, with every name in its `__all__`. The changelog and the like are the files
of the repository.
"""

import posixpath
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import names

# Page of the site -> file of the repository.
_COPIES = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "serving.md": "saved_models/README.md",
    "examples.md": "examples/README.md",
}
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)]*)?\)")
_CODE_BLOCK = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_TITLES = {"gans": "GANs", names.MODELS: "Models"}


def on_config(config):
    """Put the pages of the reference into the navigation."""
    entries = [{_title(page): f"reference/{page}.md"} for page in names.public_names()]
    for section in config.nav:
        if "Reference" in section:
            section["Reference"] = ["reference/index.md", *entries]
    return config


def on_files(files, config):
    """Add the pages that no file below docs/ holds."""
    # Here, so that the tests can read this file without MkDocs.
    from mkdocs.structure.files import File

    pages = {f"reference/{page}.md": reference_page(page, listed) for page, listed in names.public_names().items()}
    pages["reference/index.md"] = _overview()
    pages |= {page: _copied((names.ROOT / source).read_text(), source) for page, source in _COPIES.items()}
    for page, content in pages.items():
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown, page, **_):
    """Link the models of their table to the reference; on GitHub, where the table is read too, there is none."""
    if page.file.src_uri != "models.md":
        return markdown
    return re.sub(r"^\| `(\w+)`", r"| [`\1`][keras_gan.\1]", markdown, flags=re.MULTILINE)


def reference_page(page, listed):
    """Return the Markdown of a page of the reference: what is in it in a few words, then every name in full."""
    package = names.package_of(page)
    parts = [f"# {_title(page)}", f"`{package}`: {_introduction(package)}", _summaries(listed)]
    return "\n\n".join([*parts, *(f"::: {name}" for name in listed)]) + "\n"


def _title(page):
    return _TITLES.get(page, page.capitalize())


def _introduction(package):
    """A package's docstring in Markdown: its examples become blocks of code."""
    text = names.docstring(package)
    return re.sub(
        r"(?:^Example:\n)?((?:^    >>> .*\n?)(?:^    .*\n?)*)",
        lambda match: "```pycon\n" + re.sub("^    ", "", match[1], flags=re.MULTILINE).rstrip() + "\n```\n",
        text,
        flags=re.MULTILINE,
    )


def _summaries(listed):
    lines = []
    for name in listed:
        text = names.summary(name)
        lines.append(f"* [`{name.rpartition('.')[2]}`][{name}]" + (f": {text}" if text else ""))
    return "\n".join(lines)


def _overview():
    """The first page of the reference."""
    rows = []
    for page in names.public_names():
        first = names.docstring(names.package_of(page)).partition("\n")[0]
        rows.append(f"| [{_title(page)}]({page}.md) | {first} |")
    introduction = "Every public name, with its formula, its paper and an example that the tests run."
    return "\n".join(["# Reference", "", introduction, "", "| page | what is in it |", "| --- | --- |", *rows, ""])


def _copied(text, source):
    """A file of the repository as a page. Its links lead to pages of the site, or become plain text."""
    parts = _CODE_BLOCK.split(text)
    return "".join(
        part if part.startswith("```") else _LINK.sub(lambda m: _relinked(m, source), part) for part in parts
    )


def _relinked(match, source):
    text, target, anchor = match.groups()
    if "://" in target:
        return match[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    pages = {copied: page for page, copied in _COPIES.items()}
    page = pages.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
    return f"[{text}]({page}{anchor or ''})" if page else text
