"""How the site reads the docstrings: their examples as code, and public names in them as links."""

import re
import sys
from pathlib import Path

import griffe

sys.path.insert(0, str(Path(__file__).parent))

from names import public_names

_CODE = re.compile(r"(?<!`)`(?:keras_gan\.)?(?:[a-z_]+\.)?(\w+)((?:\(.*?\))?)`(?!`)")

_SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Examples):$")


class SiteDocstrings(griffe.Extension):
    """Changes each docstring of the package before it is parsed; called by mkdocstrings."""

    def __init__(self):
        names = [name for page in public_names().values() for name in page]
        self._pages = {name.rpartition(".")[2]: name for name in names}

    def on_instance(self, *, obj, **_):
        """Rewrite the docstring of a class, a function or a module."""
        if obj.docstring:
            text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = "\n".join(self._linked(_separated(text.splitlines())))

    def _linked(self, lines):
        """Make a link of each public name in backticks, but not in formulas and examples."""
        in_section = False
        for line in lines:
            if line.strip() and not line.startswith(" "):
                in_section = bool(_SECTION.match(line))
            is_code = (line.startswith("    ") and not in_section) or line.lstrip().startswith((">>>", "..."))
            yield line if is_code else _CODE.sub(self._link, line)

    def _link(self, match):
        # A lower-case word, such as `seed`, may be an argument with the name of a function.
        is_name = match[1] in self._pages and (match[1][0].isupper() or "." in match[0])
        return f"[{match[0]}][{self._pages[match[1]]}]" if is_name else match[0]


def _separated(lines):
    """The lines, with an empty one before each list: Markdown needs it, a reader of the source does not."""
    before = ""
    for line in lines:
        if line.lstrip().startswith("* ") and before.strip() and not _continues_list(before, line):
            yield ""
        yield line
        before = line


def _continues_list(before, line):
    indent = len(line) - len(line.lstrip())
    return before.lstrip().startswith("* ") or len(before) - len(before.lstrip()) > indent
