"""Write docs/models.md, a row for every model of the package: python docs/site_tools/make_models.py.

The models are those of `keras_gan.__all__`. Their papers and what they do come from the tables of README.md, the
minutes, the memory and the numbers from the tables of benchmarks/RESULTS.md, and which of them from model_rows.py. What
nobody has measured is said to be so. A test fails where the page is not what this script prints.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import model_rows
import names

PAGE = names.ROOT / "docs" / "models.md"
_NOT_MEASURED = "not measured"
# Of a text, so many lines.
LINES = 3
_INTRODUCTION = """\
# All models

Each is a `keras.Model` of its own name in `keras_gan`: its paper, what it does, a command that trains it, how long that
takes, and how good it is next to a baseline that costs nothing or little. Some models come trained: see
[Trained models](pretrained.md).

* The minutes are those of the whole command on two cores without a GPU, from the milliseconds of its steps on data that
  were made up. They are rough. What takes days is as large as in its paper, and is meant for a GPU.
* GiB are the largest resident memory of the command's process, TensorFlow's own 0.6 with it, with few data.
* The number is a cell of a table in `benchmarks/RESULTS.md`, mostly of seed 0 alone, with the baseline of the same
  section in brackets. It says there what the number means, and how it was measured. **Not all are good**: where the
  baseline is better, it says why, as far as that is known. The digits are scikit-learn's.
* The pictures of digits are those of `python benchmarks/defaults.py --seeds=0`, which trains a pair of small networks
  for a minute or two. Of a model that changes pictures, what it was given stands above, and what it made of that below.
* "Not measured" means that the tests hold the formulas, but that nobody has written down a result.

`python docs/site_tools/make_models.py` makes this page.
"""


def page():
    """Return the Markdown of the page."""
    stated, sections = readme_rows(), results()
    groups = {group: [] for group in model_rows.GROUPS}
    for name in models():
        row = model_rows.ROWS.get(name, model_rows.Row(model_rows.GROUPS[-1], ""))
        if name not in stated:
            raise ValueError(f"The README has no row of the model {name}, with its paper and what it does.")
        groups[row.group].append(_line(name, row, *stated[name], sections))
    head = "| model | what it does; what trains it | minutes | GiB | number (baseline) | what comes out |\n"
    head += "| --- " * 6 + "|"
    parts = ["\n".join([f"## {group}", "", head, *lines]) for group, lines in groups.items() if lines]
    return "\n\n".join([_INTRODUCTION.rstrip(), *parts]) + "\n"


def models():
    """Return the public models, those first that have a row, in its order; base classes are left out."""
    public = [name.rpartition(".")[2] for name in names.public_names()[names.MODELS] if name.count(".") == 1]
    known = [name for name in model_rows.ROWS if name in public]
    if unknown := set(model_rows.ROWS) - set(public):
        raise ValueError(f"model_rows.py has rows of no public model: {sorted(unknown)}")
    return [*known, *(name for name in public if name not in known and name != "TwoPlayerGAN")]


def readme_rows():
    """Return the paper and the purpose of each model, from the first cells of the README's two tables of models."""
    found = {}
    for line in (names.ROOT / "README.md").read_text().splitlines():
        match = re.match(r"\| `(\w+)` \| ((?:\[.*?\]\(http.*?)?) ?\| (.*) \|$", line)
        if match and match[1] not in found:
            cells = match[3].split(" | ")
            # Of GANs of two players the table has the loss, the optimizer and the steps.
            is_gan = len(cells) == 3 and cells[2].isdigit()
            found[match[1]] = match[2], f"draws pictures; its loss is {cells[0]}" if is_gan else cells[0]
    return found


def results():
    """Return the sections of RESULTS.md: dict of the heading, without its date, to the lines below it; newest first."""
    sections, lines = {}, []
    for line in (names.ROOT / "benchmarks" / "RESULTS.md").read_text().splitlines():
        if heading := re.match(r"###? (.*?)(?: \(.*\))?$", line):
            lines = []
            sections.setdefault(heading[1], lines)
        lines.append(line)
    return sections


def tables(lines):
    """Return the tables of a section: the line of text before each, and its rows as lists of cells."""
    found, before, is_inside = [], "", False
    for line in lines:
        if not line.startswith("|"):
            before, is_inside = line or before, False
        elif not is_inside:
            found.append((before, [_cells(line)]))
            is_inside = True
        elif not re.fullmatch(r"[|\s:-]+", line):
            found[-1][1].append(_cells(line))
    return found


def value(cell, row, sections):
    """Return what the table of a `model_rows.Cell` has in its column, in the first row that begins with `row`.

    An interval or a second number in brackets is left out.
    """
    title, _, table = cell.section.partition("/")
    lines = next((lines for heading, lines in sections.items() if heading.startswith(title)), None)
    if lines is None:
        raise ValueError(f"benchmarks/RESULTS.md has no section {title!r}: mend docs/site_tools/model_rows.py.")
    if row.startswith(model_rows.PROSE):
        stated = re.search(row.removeprefix(model_rows.PROSE), " ".join(lines))
        if stated is None:
            raise ValueError(f"Section {title!r} does not say {row!r}: mend docs/site_tools/model_rows.py.")
        return stated[1]
    for before, (head, *body) in tables(lines):
        if cell.column in head and (not table or table == head[0] or before.startswith(table)):
            column = head.index(cell.column)
            for cells in body:
                if re.match(rf"{re.escape(row)}(?!\w)", cells[0]) and cells[column]:
                    return re.sub(r" [\[(].*", "", cells[column])
    raise ValueError(f"Section {title!r} has no {cell.column!r} of {row!r}: mend docs/site_tools/model_rows.py.")


def _cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _line(name, row, paper, purpose, sections):
    command = f"`python {row.command}`" if row.command else "In Python alone: see its example."
    numbers = "; ".join(_number(cell, sections) for cell in row.numbers) or _NOT_MEASURED
    cells = (
        f"`{name}`, {paper}" if paper else f"`{name}`",
        f"{purpose}<br>{command}",
        _in_words(_of_the_command(model_rows.minutes(name), row, sections)),
        _of_the_command(model_rows.memory(name), row, sections),
        numbers,
        _output(name, row),
    )
    return f"| {' | '.join(cells)} |"


def _output(name, row):
    """The picture of a row, what one hears, and the first lines of what was written."""
    digits = f"digits_{name.lower()}.png"
    picture = row.picture or (digits if (names.ROOT / "docs" / "images" / digits).exists() else "")
    parts = [f"![What {name} draws](images/{picture})"] if picture else []
    if row.sound:
        parts.append(f"[listen](sounds/{row.sound})")
    if row.text:
        lines = (names.ROOT / "docs" / "texts" / row.text).read_text().splitlines()[:LINES]
        # A vertical bar would end the cell.
        parts += [f"`{line.replace('|', '/')}`" for line in lines]
    return "<br>".join(parts)


def _of_the_command(cell, row, sections):
    """What a command takes, if it was measured: a command may be newer than the table."""
    if not row.command:
        return ""
    try:
        return value(cell, cell.row, sections)
    except ValueError:
        return _NOT_MEASURED


def _in_words(minutes):
    """Minutes as they are, and thousands of them as days."""
    days = float(minutes) / 1440 if re.fullmatch(r"[\d.]+", minutes) else 0.0
    return f"{days:.0f} days" if days >= 2 else minutes


def _number(cell, sections):
    said = f"{cell.means or cell.column}: **{value(cell, cell.row, sections)}**"
    if cell.baseline is None:
        return f"{said} ({cell.against})"
    return f"{said} ({cell.against or cell.baseline} {value(cell, cell.baseline, sections)})"


if __name__ == "__main__":
    PAGE.write_text(page())
