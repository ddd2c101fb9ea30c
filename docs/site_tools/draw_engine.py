"""Draw docs/images/engine.svg, a training step: python docs/site_tools/draw_engine.py."""

from pathlib import Path

_TARGET = Path(__file__).parents[1] / "images" / "engine.svg"
_WIDTH, _HEIGHT = 880, 470
_STYLE = """
.box { fill: #ffffff; stroke: #3f51b5; stroke-width: 1.5; }
.own { fill: #fff3e0; stroke: #ef6c00; stroke-width: 1.5; }
.frame { fill: #f3f4fb; stroke: #9fa8da; stroke-dasharray: 5 4; }
.arrow { fill: none; stroke: #37474f; stroke-width: 1.5; marker-end: url(#head); }
text { font-family: sans-serif; fill: #212121; }
.name { font-size: 15px; font-weight: bold; }
.note { font-size: 12.5px; fill: #455a64; }
"""
_HEAD = (
    '<defs><marker id="head" markerWidth="9" markerHeight="9" refX="7" refY="4" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#37474f"/></marker></defs>'
)
# x, y, width, height, class, name, notes.
_BOXES = [
    (20, 60, 130, 70, "box", "fit", ["batches, callbacks"]),
    (210, 60, 190, 70, "box", "step_on(data)", ["named, checked tensors", "noise of seed and step"]),
    (440, 60, 190, 70, "box", "record(pass)", ["G(z), kept with its tape:", "one pass, two updates"]),
    (440, 170, 190, 86, "box", "Critic", ["augments, passes once,", "returns a Verdict:", "logits, features, ..."]),
    (210, 176, 190, 76, "own", "objective", ["{player: {term: scalar}}", "the formula of the paper"]),
    (
        210,
        300,
        420,
        56,
        "box",
        "minimise(objective, ...)",
        ["each player: the gradient of its own terms, nothing else"],
    ),
    (210, 388, 200, 52, "box", "Player: generator", ["networks, optimizer, average"]),
    (430, 388, 200, 52, "box", "Player: discriminator", ["networks, optimizer, average"]),
    (710, 60, 150, 70, "box", "Sampler", ["generate, snapshots,", "metrics, export"]),
    (710, 386, 150, 56, "box", "logs", ["d_loss, g_loss, r1, ..."]),
]
# Points of each arrow.
_ARROWS = [
    [(150, 95), (208, 95)],
    [(400, 95), (438, 95)],
    [(535, 130), (535, 168)],
    [(440, 214), (402, 214)],
    [(305, 130), (305, 174)],
    [(305, 252), (305, 298)],
    [(310, 356), (310, 386)],
    [(530, 356), (530, 386)],
    [(630, 330), (785, 330), (785, 384)],
    [(410, 428), (420, 428), (420, 456), (676, 456), (676, 95), (708, 95)],
]


def main():
    """Write the picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<style>{_STYLE}</style>",
        _HEAD,
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        '<rect class="frame" x="190" y="24" width="460" height="344" rx="8"/>',
        '<text class="note" x="202" y="44">train_step: the algorithm of the paper</text>',
        *(_box(*box) for box in _BOXES),
        *(f'<polyline class="arrow" points="{" ".join(f"{x},{y}" for x, y in points)}"/>' for points in _ARROWS),
        "</svg>",
    ]
    _TARGET.write_text("\n".join(parts) + "\n")


def _box(x, y, width, height, kind, name, notes):
    middle = x + width / 2
    first = y + 22 if len(notes) > 1 else y + height / 2 - 3
    lines = [
        f'<text class="note" x="{middle}" y="{first + 18 * (i + 1)}">{note}</text>' for i, note in enumerate(notes)
    ]
    return (
        f'<g text-anchor="middle"><rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
        f'<text class="name" x="{middle}" y="{first}">{name}</text>{"".join(lines)}</g>'
    )


if __name__ == "__main__":
    main()
