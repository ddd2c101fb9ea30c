"""A model card for people: the same as `model_card.json`, in Markdown."""

_UNKNOWN = "unknown"

# What a result says in columns of its own; the rest is its protocol.
_COLUMNS = ("value", "interval", "floor", "better", "name", "warnings")


def card_text(card):
    """Return the Markdown of a card.

    Args:
        card: dict, the content of `model_card.json`.

    Returns:
        string.
    """
    sections = {
        "Data": _facts({_words(name): value for name, value in card["data"].items()}),
        "Training": _facts(_training(card["gan"], card["training"])),
        "Networks": _networks(card["networks"]),
        "Metrics": _metrics(card["metrics"]),
        "Signatures": _facts({f"`{name}`": line for name, line in card["signatures"].items()}),
        "Software": _facts(card["versions"]),
        "Further facts": _facts({_words(name): value for name, value in card["further"].items()}),
    }
    parts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join(["# Model card", _summary(card), *parts]) + "\n"


def _summary(card):
    exported, grid = card["exported"], card["sample_grid"]
    kind = "averaged generator" if exported["averaged"] else "generator"
    of_gan = f" of a {card['gan']['class']}" if card["gan"]["class"] else ""
    text = (
        f"The {kind}{of_gan}: latents {_shape(exported['latent_shape'])} to samples "
        f"{_shape(exported['sample_shape'])}, float32. What is unknown here, nobody told when it was exported."
    )
    return text if grid is None else f"{text}\n\n![{grid['num_images']} samples of seed {grid['seed']}]({grid['file']})"


def _training(gan, training):
    rows = {"GAN": gan["class"], "adversarial loss": gan["adversarial_loss"]}
    for name, value in gan["config"].items():
        rows[_words(name)] = "none" if value is None else value
    for name in ("generator_optimizer", "discriminator_optimizer"):
        rows[_words(name)] = gan["compilation"].get(name)
    seen = training["images_seen"]
    if seen is not None and training["images_per_step"] is not None:
        seen = f"{seen:,} ({training['images_per_step']:,} a step)"
    rows |= {"steps": training["steps"], "images seen": seen}
    # A seed is a name more than an amount: without commas.
    rows |= {f"seed of {_words(name)}": str(seed) for name, seed in training["seeds"].items()} or {"seeds": None}
    return {**rows, "fingerprint": training["fingerprint"]}


def _networks(networks):
    header = ("role", "name", "class", "parameters", "precision")
    rows = [(_words(role), *(network[name] for name in header[1:])) for role, network in networks.items()]
    return _table(header, rows)


def _metrics(metrics):
    if not metrics:
        return "Unknown: none was given."
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
    return "\n\n".join([_table(header, rows), *(f"Note: {note}" for note in notes)])


def _interval(ends):
    return None if ends is None else " to ".join(map(_cell, ends))


def _protocol(result):
    return ", ".join(f"{_words(name)} {_cell(value)}" for name, value in result.items() if name not in _COLUMNS) or None


def _facts(rows):
    return _table(("", ""), rows.items()) if rows else ""


def _table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _shape(shape):
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _words(name):
    return name.replace("_", " ")


def _cell(value):
    """A value in one line that no table breaks at."""
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
        # Of an object that Keras remakes: an argument that is None is not in use, and the object's name says nothing.
        said = {name: entry for name, entry in value.items() if entry is not None and name not in ("class", "name")}
        return f"{value['class']}({_pairs(said)})"
    if isinstance(value, dict):
        return _pairs(value) or "none"
    return " ".join(str(value).split()).replace("|", "\\|")


def _pairs(entries):
    return ", ".join(f"{name}={_cell(entry)}" for name, entry in entries.items())
