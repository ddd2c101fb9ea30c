"""Make the notebooks in docs/notebooks of the pages with the same names: python docs/site_tools/make_notebooks.py."""

import json
import re
from pathlib import Path

DOCS = Path(__file__).parents[1]
PAGES = ("first_afternoon", "own_pictures", "own_model")

_PYTHON = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
# [text][keras_gan.Name]: a link into the reference, which a notebook does not have.
_REFERENCE = re.compile(r"\[(`[^`]+`)\]\[[\w.]+\]")
_PAGE = re.compile(r"\]\((?!https?:)([^)]+)\)")


def notebook(page):
    """Return the JSON text of the notebook of a page: without outputs, so that only the page can change it."""
    pieces = _PYTHON.split((DOCS / f"{page}.md").read_text())
    cells = []
    for index, piece in enumerate(pieces):
        is_code = index % 2 == 1
        text = piece.strip("\n") if is_code else _for_a_notebook(piece.strip("\n"))
        if text:
            cells.append(_cell(text, is_code, len(cells)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _for_a_notebook(text):
    """Text of a page, with links as they work from the notebook's folder."""
    return _PAGE.sub(r"](../\1)", _REFERENCE.sub(r"\1", text))


def _cell(text, is_code, number):
    cell = {"cell_type": "code" if is_code else "markdown", "id": f"cell-{number}", "metadata": {}}
    code = {"execution_count": None, "outputs": []} if is_code else {}
    return cell | code | {"source": text.splitlines(keepends=True)}


def main():
    """Write all of them."""
    (DOCS / "notebooks").mkdir(exist_ok=True)
    for page in PAGES:
        (DOCS / "notebooks" / f"{page}.ipynb").write_text(notebook(page))


if __name__ == "__main__":
    main()
