"""The card for people: the content of `model_card.json`, as Markdown."""

import re

_UNKNOWN = "unknown"

# The fields of a result that have a column; the rest is its protocol.
_COLUMNS = ("value", "interval", "floor", "better", "name", "warnings")
_OPTIONAL = (
    "scaling",
    "baseline",
    "is_paired",
    "is_detection",
    "threshold",
    "part",
    "extractor",
    "extractor_hash",
    "resize",
)


def card_text(card):
    """Return the card for people: the content of `model_card.json`, as Markdown."""
    sections = {
        "Data": _fact_table({_words(name): value for name, value in card["data"].items()}),
        "Training": _fact_table(_training_rows(card["gan"], card["training"])),
        "Networks": _network_table(card["networks"]),
        "Metrics": _metric_table(card["metrics"]),
        "Signatures": _fact_table({_code(name): line for name, line in card["signatures"].items()}),
        "Software": _fact_table(card["versions"]),
        "Further facts": _fact_table({_words(name): value for name, value in card["further"].items()}),
    }
    parts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join(["# Model card", _summary(card), *parts]) + "\n"


def _summary(card):
    exported, sampler = card["exported"], card["sampler"]
    kind = f"{'averaged ' if exported['averaged'] else ''}{_plain(_words(sampler['network']))}"
    name = _plain(card["gan"]["class"] or "")
    of_model = f" of {'an' if name.startswith(tuple('AEIO')) else 'a'} {name}" if name else ""
    inputs = " and ".join(_input(name, entry, sampler["num_classes"]) for name, entry in sampler["inputs"].items())
    is_translator = "images" in sampler["inputs"]
    made = "translations" if is_translator else "samples"
    numbers = "int32 tokens" if sampler["output"] == "tokens" else "float32"
    translates = " It translates images to images, and draws none from a seed."
    text = (
        f"The {kind}{of_model}: {inputs} to {made} {_shape(exported['sample_shape'])}, {numbers}."
        f"{translates if is_translator else ''}{_rate(exported)} "
        "Nobody stated what is unknown here at the time of the export."
    )
    return f"{text}\n\n{_grid_line(card)}".rstrip()


def _rate(exported):
    rate = exported.get("sample_rate")
    return "" if rate is None else f" It is sound of {rate:,} samples a second."


def _input(name, entry, num_classes):
    if name != "labels":
        return f"{_plain(name)} {_shape(entry['shape'])}"
    # Several labels at once have a shape, a single one has none.
    if entry["shape"]:
        return f"{name} {_shape(entry['shape'])}, 0 or 1 for each attribute,"
    return f"{name} of {num_classes} classes"


def _grid_line(card):
    grid = card["sample_grid"]
    if grid is not None:
        rows = f", a row for each class from 0 to {grid['labels'][-1]}" if "labels" in grid else ""
        return f"![{grid['num_images']} samples of seed {grid['seed']}{rows}]({grid['file']})"
    # Of points there is no picture anyway.
    if card["exported"]["latent_shape"]:
        return ""
    needs = "mels" if "mels" in card["sampler"]["inputs"] else "images to translate"
    return f"There is no grid of samples: the model needs {needs}."


def _training_rows(gan, training):
    rows = {"GAN": gan["class"], "adversarial loss": gan["adversarial_loss"]}
    for name, value in gan["config"].items():
        rows[_words(name)] = "none" if value is None else value
    optimizers = {_words(name): value for name, value in gan["compilation"].items() if name.endswith("_optimizer")}
    rows |= optimizers or {"optimizers": None}
    seen = training["images_seen"]
    if seen is not None and training["images_per_step"] is not None:
        seen = f"{seen:,} ({training['images_per_step']:,} a step)"
    rows |= {"steps": training["steps"], "images seen": seen}
    # Without commas: a seed is a name more than an amount.
    rows |= {f"seed of {_words(name)}": str(seed) for name, seed in training["seeds"].items()} or {"seeds": None}
    return {**rows, "fingerprint": training["fingerprint"]}


def _network_table(networks):
    header = ("role", "name", "class", "parameters", "precision")
    rows = [(_words(role), *(network[name] for name in header[1:])) for role, network in networks.items()]
    return _table(header, rows)


def _metric_table(metrics):
    if not metrics:
        return "Unknown: none were given."
    header = ("metric", "value", "95 % interval", "value of real images", "better", "protocol")
    rows = [
        (
            name,
            result["value"],
            _interval(result.get("interval")),
            *map(result.get, ("floor", "better")),
            _protocol(result),
        )
        for name, result in metrics.items()
    ]
    notes = dict.fromkeys(note for result in metrics.values() for note in result.get("warnings") or ())
    return "\n\n".join([_table(header, rows), *(f"Note: {_plain(note)}" for note in notes)])


def _interval(ends):
    return None if ends is None else " to ".join(map(_cell, ends))


def _protocol(result):
    said = {name: value for name, value in result.items() if name not in _COLUMNS}
    # Most results have none of these: the features are as the extractor returns them, and there are no pairs.
    said = {name: value for name, value in said.items() if name not in _OPTIONAL or value not in (None, False)}
    return _Markdown(", ".join(f"{_plain(_words(name))} {_cell(value)}" for name, value in said.items())) or None


def _fact_table(rows):
    return _table(("", ""), rows.items()) if rows else ""


def _table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _shape(shape):
    sides = ["any" if side is None else str(side) for side in shape]
    return f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"


def _words(name):
    return name.replace("_", " ")


def _cell(value):
    """Return a value as one line that fits in a table."""
    if value is None:
        return _UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "none"
    if isinstance(value, dict) and "class" in value:
        # A serialised Keras object: an argument that is None is not in use, and the object's name says nothing.
        said = {name: entry for name, entry in value.items() if entry is not None and name not in ("class", "name")}
        return f"{_plain(value['class'])}({_pairs(said)})"
    if isinstance(value, dict):
        return _pairs(value) or "none"
    return value if isinstance(value, _Markdown) else _plain(value)


class _Markdown(str):
    """A text that is Markdown already."""


def _code(name):
    # In code nothing but a backtick has a meaning, and the bar that ends the cell of a table.
    return _Markdown(f"`{re.sub('[`|]', '', _one_line(name))}`")


def _plain(value):
    """Return a text in one line which Markdown and HTML show as it is."""
    text = _one_line(value).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*\[\]|~$])", r"\\\1", text)


def _one_line(value):
    text = " ".join(str(value).split())
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _pairs(entries):
    return ", ".join(f"{_plain(name)}={_cell(entry)}" for name, entry in entries.items())
