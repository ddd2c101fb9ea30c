"""What the pages of the commands share, without the import of TensorFlow: their style, and files that are complete."""

import base64
import html
import os

STYLE = """
body { margin: 2.5rem auto; max-width: 68rem; padding: 0 1.5rem; color: #1d2430; background: #fff;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .2rem; }
p, summary { color: #6a7382; margin: .2rem 0 .6rem; }
pre { overflow-x: auto; font-size: .85rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem .35rem 0; text-align: right; border-bottom: 1px solid #d5dae1; white-space: nowrap; }
th { font-weight: 600; color: #6a7382; }
:is(td, th):is(:first-child, :last-child) { text-align: left; }
td:nth-child(2) { font-weight: 600; }
.runs :is(td, th):last-child { text-align: right; }
.runs :is(td, th) { white-space: normal; overflow-wrap: anywhere; }
.runs td:nth-child(2) { font-weight: normal; }
img { max-width: 100%; }
.row { display: flex; align-items: center; }
.row > span { flex: 0 0 8rem; color: #6a7382; overflow-wrap: anywhere; }
.row img { display: block; width: 100%; image-rendering: pixelated; }
.captions { display: flex; }
.captions > span { flex: 1 1 0; text-align: center; font-size: .8rem; color: #6a7382; }
.curves { width: 100%; }
"""


def page(title, body):
    """Return an HTML file that loads no other file, as a string.

    Args:
        title: str, plain text.
        body: str, HTML below the heading, which is the title.
    """
    title = html.escape(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    )


def embedded(png):
    """Return the content of a PNG file as an address that an HTML file can have for an image."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def number(value):
    """Return a number as a reader wants it: with four digits, or whole if it is large."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def write(path, content):
    """Write a file of bytes; a reader of the folder sees all of it or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
