"""From pairs of images to batches."""

import contextlib
import os
from collections.abc import Iterator

import tensorflow as tf

from keras_gan._arguments import require_choice, require_int
from keras_gan._identity import identity
from keras_gan.data._as_source import as_source
from keras_gan.data._images import Fit, sides_of
from keras_gan.data._pairing import Halves, PairedFiles, layout_of_one, layout_of_two
from keras_gan.data._reading import (
    Part,
    Whole,
    as_cache_dir,
    as_dataset,
    fits_of,
    read_whole,
    require_batch,
    require_place,
    require_preprocessing,
)
from keras_gan.data._stream import Stream, Streams
from keras_gan.data.arrays import Arrays
from keras_gan.data.folder import Folder
from keras_gan.data.parts import Parts
from keras_gan.data.preprocessing import Preprocessing
from keras_gan.data.source import Source

FIELDS = ("source", "target")


def load_pairs(
    source,
    target=None,
    *,
    source_half: str | None = None,
    split: str | None = None,
    image_size: int | tuple[int, int] | None = None,
    scale: int = 1,
    batch_size: int = 64,
    seed: int = 0,
    start_step: int = 0,
    preprocessing: Preprocessing | tuple[Preprocessing, Preprocessing] | None = None,
    cache_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """Return endless batches of pairs of images in [-1, 1], each a dict of "source" and "target".

    A translator learns from pairs that show the same thing, pixel by pixel. So both images of a pair must have the same
    size (or one `scale` times the other), and get the same crop, random part and flip; only the noise of dequantisation
    is their own. The channels and the depth may differ, such as one for a map of labels and three for a photograph.

    All that `load` promises holds here: the order is a function of the seed and the step, `start_step` and `from_step`
    resume bit for bit, a tenth is held out where the data have no test images, and a `cache_dir` keeps the images in
    files. For the whole of pix2pix's preparation (Isola et al. 2017, section 6.2, https://arxiv.org/abs/1611.07004):

        jitter = Preprocessing(load_size=286, flip=True)
        data.load_pairs("facades/", source_half="right", image_size=256, batch_size=1, preprocessing=jitter)

    Args:
        source: where the pairs come from, or the sources if there is a `target`.
            Without a target it is a folder, or a tuple (source, target). The pictures of the folder are two images next
            to each other, as pix2pix ships them; unless it has the sub-folders A and B, or source and target. These may
            also be in the folder of each split, or be called trainA and trainB, testA and testB.
        target: the targets. Of two folders, partners have the same path below their folder, whatever the suffix:
            `maps/park/1.png` and `photos/park/1.jpg`. Two arrays, or two of anything else that `load` takes, are
            partners by their order.
        source_half: which half of a picture is the source, "left" or "right"; None for "left", and pictures that are
            not wider than high are refused, because they are most likely single images.
        split: as for `load`. A folder has the splits that both its sides have.
        image_size: as for `load`.
        scale: how many times as high and wide as its source each target is, for models that enlarge. With a scale above
            1 nothing is resized, because a resized pair no longer shows how small becomes large: `image_size` is the
            size of the random parts of the targets, a multiple of the scale, and the sources have the same parts.
        batch_size: pairs in a batch; at most the number of pairs.
        seed: seed of the order, the random parts, the flips and the noise.
        start_step: the step of the first batch.
        preprocessing: `Preprocessing`; or a tuple of two, for the source and for the target, which may differ in
            `channels`, `depth` and `dequantize`.
        cache_dir: local folder for the prepared images; None keeps them in memory.

    Returns:
        A `tf.data.Dataset` of dicts: "source" and "target", both float32 (batch_size, height, width, channels) in
        [-1, 1], of static shape. It has the attributes of the data set that `load` returns. `num_images` and
        `num_held_out` count pairs, and `image_shape` is a dict by "source" and "target".

    Raises:
        FileNotFoundError: if a folder or a file does not exist.
        OSError: as for `load`.
        ValueError: as for `load`; or if a picture has no partner, or one of another size, or two images next to each
            other have an odd width.

    Warns:
        UserWarning: as for `load`.

    Example:
        >>> import numpy as np
        >>> from keras_gan import data
        >>> photographs = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), "uint8")
        >>> edges = np.abs(np.diff(photographs.mean(-1), axis=2, append=0)).astype("uint8")
        >>> train = data.load_pairs(edges, photographs, split="train", batch_size=4)
        >>> train.num_images, train.image_shape
        (36, {'source': (16, 16, 1), 'target': (16, 16, 3)})
        >>> batch = next(iter(train))
        >>> batch["source"].shape, batch["target"].shape
        (TensorShape([4, 16, 16, 1]), TensorShape([4, 16, 16, 3]))
    """
    require_place(batch_size, seed, start_step, split)
    options = _require_common(options_of_both(preprocessing))
    cache_dir, scale = as_cache_dir(cache_dir), require_int("scale", scale, high=64)
    fits = [fits_of(image_size, each) for each in options] if scale == 1 else _cuts(image_size, options, scale)
    sides = _of_scale(_sides(source, target, source_half), scale)
    sides = [_next_to(side, other) for side, (other, _) in zip(sides, reversed(fits), strict=True)]
    _require_same_splits(sides)
    wholes = [read_whole(side, split, fit, cache_dir) for side, (fit, _) in zip(sides, fits, strict=True)]
    _require_partners(wholes, scale)
    parts = [whole.part(name) for whole, name in zip(wholes, FIELDS, strict=True)]
    for part, each in zip(parts, options, strict=True):
        require_batch(part, batch_size, each, "pairs")
    _require_room(parts[1].data.images.shape[1:3], fits[1][1])
    streams = _streams(parts, options, fits, batch_size, seed, scale)
    return as_dataset(
        Streams(streams),
        start_step,
        split=parts[0].split,
        num_images=len(parts[0].data.images),
        num_held_out=parts[0].num_held_out,
        num_classes=0,
        image_shape={name: stream.image_shape for name, stream in streams.items()},
        class_names=None,
        identity=identity_of_both(parts, seed, options) | _identity_of_parts(streams, scale),
    )


def _identity_of_parts(streams: dict[str, Stream], scale: int) -> dict:
    return {} if scale == 1 else {"scale": scale, "part": list(streams["target"].image_shape[:2])}


def _streams(parts: list[Part], options, fits, batch_size: int, seed: int, scale: int) -> dict[str, Stream]:
    """Two streams that differ in their images, their size and their noise alone."""
    streams = {}
    for name, part, each, (_, size) in zip(FIELDS, parts, options, fits, strict=True):
        is_source = name == "source"
        own = {"size": size, "noise_seed": seed if is_source else other_seed(seed), "grid": 1 if is_source else scale}
        images = part.data._replace(labels=None)
        streams[name] = Stream(images, preprocessing=each, batch_size=batch_size, seed=seed, **own)
    return streams


def options_of_both(preprocessing) -> tuple[Preprocessing, Preprocessing]:
    """Return the options for the source and the target that a user gave as one for both, as two, or as None."""
    both = preprocessing if isinstance(preprocessing, tuple) and len(preprocessing) == 2 else (preprocessing,) * 2
    return tuple(map(require_preprocessing, both))


def other_seed(seed: int) -> int:
    """Return another seed, for what must not be drawn alike for both sides.

    Of few images, `index_shuffle` looks at the lowest eight bits of a seed only. These differ.
    """
    return seed ^ 0x5555_5555


def identity_of_both(parts: list[Part], seed: int, options: tuple[Preprocessing, Preprocessing]) -> dict:
    """Return what tells the images of two streams from others, a dict for JSON."""
    about = {}
    if all(part.about for part in parts):
        # Pairs and unpaired images of the same two sources have the same.
        about = {"split": parts[0].split, "split_of": "-".join(part.about["split_of"] for part in parts)}
    one, other = map(repr, options)
    return {
        **identity([part.data.images for part in parts]),
        "seed": seed,
        "preprocessing": one if one == other else f"{one}, {other}",
        **about,
    }


@contextlib.contextmanager
def naming(field: str) -> Iterator[None]:
    """Say in a ValueError of which field it is."""
    try:
        yield
    except ValueError as error:
        if type(error) is ValueError:
            error.args = (f"The {field}: {error}",)
        raise


def _require_common(options: tuple[Preprocessing, Preprocessing]) -> tuple[Preprocessing, Preprocessing]:
    for name in ("crop", "load_size", "flip"):
        one, other = (getattr(each, name) for each in options)
        if one != other:
            raise ValueError(
                "Both images of a pair must be cut and flipped in the same way: give both `Preprocessing` the same "
                f"`{name}`. Received: {name}={one!r} for the source, {name}={other!r} for the target"
            )
    return options


def _sides(source, target, source_half) -> tuple[Source, Source]:
    """The sources of both sides, in the order of the pairs."""
    if source_half is not None:
        require_choice("source_half", source_half, ["left", "right"])
    if target is None and not isinstance(source, tuple):
        given = as_source(source)
        cut, whole = (given, given.source) if isinstance(given, Parts) else (None, given)
        sides, is_halved = _sides_of_folder(whole, source_half)
    else:
        given, is_halved = source if target is None else (source, target), False
        cut, given = _without_parts(given)
        sides = _sides_of_two(*given)
    if source_half is not None and not is_halved:
        raise ValueError(
            "`source_half` is for pictures of two images next to each other, and here the two are apart: leave it out, "
            f"and give the source first. Received: source_half={source_half!r}"
        )
    return sides if cut is None else tuple(map(cut.of, sides))


def _without_parts(given: tuple) -> tuple[Parts | None, tuple]:
    """The `Parts` that both sides are, and what these are parts of; or None, and the sides."""
    parts = [side for side in given if isinstance(side, Parts)]
    if not parts:
        return None, given
    settings = [side.settings if isinstance(side, Parts) else None for side in given]
    if settings[1:] != settings[:-1]:
        raise ValueError(
            "Both images of a pair must be cut at the same places: give both sides as `Parts` of the same size, number "
            f"and seed. Received: {' and '.join(map(str, settings))}"
        )
    return parts[0], tuple(side.source for side in given)


def _sides_of_folder(folder: Source, source_half: str | None) -> tuple[tuple[Source, Source], bool]:
    if not isinstance(folder, Folder):
        raise ValueError(
            "Pairs come from one folder, from two sources, or from a tuple of two: give the `target` too. "
            f"Received: source of type {type(folder).__name__}, target=None"
        )
    if layout := layout_of_one(folder):
        return (PairedFiles(layout, 0), PairedFiles(layout, 1)), False
    halves = ("right", "left") if source_half == "right" else ("left", "right")
    is_assumed = source_half is None
    return tuple(Halves(folder, half, is_first=half == halves[0], is_assumed=is_assumed) for half in halves), True


def _sides_of_two(*given) -> tuple[Source, Source]:
    if len(given) != 2:
        raise ValueError(
            f"Pairs have two sides: give a tuple (source, target). Received: a tuple of {len(given)} as the source"
        )
    sides = []
    for side, name in zip(given, FIELDS, strict=True):
        with naming(name):
            sides.append(as_source(side, name))
    are_folders = [isinstance(side, Folder) for side in sides]
    if all(are_folders):
        layout = layout_of_two(*sides)
        return PairedFiles(layout, 0), PairedFiles(layout, 1)
    if any(are_folders):
        raise ValueError(
            "The pictures of a folder have partners by their names, and those of the other side have no names: give "
            f"two folders, or neither. Received: source {type(sides[0]).__name__}, target {type(sides[1]).__name__}"
        )
    return tuple(sides)


def _of_scale(sides: tuple[Source, Source], scale: int) -> tuple[Source, Source]:
    """The sources of both sides, with targets that are so many times as high and wide."""
    if scale > 1 and any(isinstance(side, Parts) for side in sides):
        raise ValueError(
            "Pairs with a `scale` get parts of `image_size`, at places that fit each other: give the images themselves "
            f"in the place of `Parts`, or large ones alone to `load_degraded`. Received: scale={scale} with Parts"
        )
    if all(isinstance(side, Arrays) for side in sides):
        _require_sizes(*(side.images.shape[1:3] for side in sides), scale)
    if scale > 1 and any(isinstance(side, Halves) for side in sides):
        raise ValueError(
            "Two images next to each other in one picture have one size: give sources and targets apart, or leave "
            f"`scale` out. Received: scale={scale} with pictures of two images"
        )
    return tuple(side.of_scale(scale) if isinstance(side, PairedFiles) else side for side in sides)


def _next_to(side: Source, other: Fit) -> Source:
    """A side of pairs that knows what is done to the images of the other side, so that both leave out the same."""
    if isinstance(side, Parts):
        return side.of(_next_to(side.source, other))
    return side.next_to(other) if isinstance(side, PairedFiles | Halves) else side


def _cuts(image_size, options: tuple[Preprocessing, Preprocessing], scale: int) -> list[tuple[Fit, tuple | None]]:
    """As `fits_of` for both sides, without a resize: the sizes of the parts."""
    if any(each.load_size is not None for each in options):
        raise ValueError(
            "Pairs with a `scale` are not resized, so there is no `load_size`: leave it out. `image_size` is the size "
            f"of the random parts of the targets. Received: load_size={options[0].load_size!r}, scale={scale}"
        )
    size = sides_of("image_size", image_size)
    if size is not None and any(side % scale for side in size):
        raise ValueError(
            f"The parts of the sources are {scale} times smaller than `image_size`, so its sides must be multiples of "
            f"{scale}. Received: image_size={image_size!r}, scale={scale}"
        )
    fits = [Fit(channels=each.channels, depth=each.depth) for each in options]
    small = None if size is None else tuple(side // scale for side in size)
    return list(zip(fits, (small, size), strict=True))


def _require_room(sides: tuple[int, int], part: tuple[int, int] | None) -> None:
    if part is not None and any(whole < cut for whole, cut in zip(sides, part, strict=True)):
        raise ValueError(
            "A part of `image_size` does not fit into the targets, and pairs with a `scale` are not resized: give a "
            f"smaller one. Received: image_size={part}, targets of {sides[0]}x{sides[1]} (height x width)"
        )


def _require_same_splits(sides: tuple[Source, Source]) -> None:
    splits = [sorted(side.splits()) for side in sides]
    if splits[0] != splits[1]:
        raise ValueError(
            "Both sides of the pairs must have the same splits. "
            f"Received: splits {splits[0]} of the source, {splits[1]} of the target"
        )


def _require_partners(wholes: list[Whole], scale: int) -> None:
    """Raise a ValueError if sources that are paired by their order do not fit each other."""
    counts = [len(whole.data.images) for whole in wholes]
    if counts[0] != counts[1]:
        raise ValueError(
            "Each image needs a partner, and partners have the same place in both: give as many targets as sources. "
            f"Received: {counts[0]} sources, {counts[1]} targets"
        )
    _require_sizes(*(whole.data.images.shape[1:3] for whole in wholes), scale)


def _require_sizes(one: tuple[int, int], other: tuple[int, int], scale: int) -> None:
    if tuple(other) == tuple(scale * side for side in one):
        return
    rule = "Both images of a pair must have the same size. Resize the sources or the targets."
    factor = other[0] // one[0]
    if scale > 1:
        rule = f"With scale={scale}, each target must be {scale} times as high and wide as its source."
    elif factor > 1 and tuple(other) == tuple(factor * side for side in one):
        rule += f" For a model that enlarges, give `scale={factor}`."
    raise ValueError(
        f"{rule} Received: sources of {one[0]}x{one[1]}, targets of {other[0]}x{other[1]} (height x width)"
    )
