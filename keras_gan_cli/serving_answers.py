"""Reads what a server answered, as if a stranger had written it: what is wrong becomes one plain line.

The functions take bytes and parsed messages. They ask nobody and write nothing.
"""

import base64
import itertools
import json
import math
import reprlib
import struct
import zlib

import numpy as np

# 256 MiB: an answer of 64 images of 256 x 256 RGB pixels as JSON.
MAX_BYTES = 2**28
# What a picture may take when somebody opens it: 8,192 x 8,192, or 192 MiB as RGB.
MAX_PIXELS = 2**26
_MAX_MESSAGE = 1000

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# By the colour type of a PNG file: grey, RGB, a palette, grey with alpha, RGB with alpha.
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# What is unpacked at once.
_PIECE = 2**20


class ServingError(Exception):
    """There was no answer, or it is an error. The message is one line of at most 1,000 printable characters."""

    def __init__(self, message):
        # An error of the graph adds the name of a node after the message.
        text = " ".join(str(message).split("[[{{")[0].split())
        super().__init__("".join(map(_printable, text[:_MAX_MESSAGE])))


def too_large():
    """Return the error for an answer of more than MAX_BYTES."""
    return ServingError(
        f"The answer has more than {MAX_BYTES / 2**20:.0f} MiB, and was not read: ask for fewer pictures at once with "
        "--batch."
    )


def document(content):
    """Return the JSON object that an answer of REST holds, a dict.

    Args:
        content: bytes.

    Raises:
        ServingError: if it holds anything else.
    """
    try:
        found = json.loads(content)
    # The nesting of a stranger's lists is as deep as they like.
    except (ValueError, RecursionError) as error:
        raise stranger(f"no JSON, {content[:60]!r}") from error
    if not isinstance(found, dict):
        raise stranger(f"no JSON object, {content[:60]!r}")
    return found


def signatures(metadata):
    """Return a dict of each signature's name to a dict of its inputs' names to shapes; None is any size.

    Args:
        metadata: dict, the answer to a request for metadata.

    Raises:
        ServingError: if it is not of that form.
    """
    try:
        return {
            name: {alias: _shape(info["tensor_shape"]) for alias, info in signature["inputs"].items()}
            for name, signature in metadata["metadata"]["signature_def"]["signature_def"].items()
            if signature["method_name"].endswith("/predict")
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else error
        raise stranger(f"wrong metadata, {reason}") from error


def output(answer):
    """Return the only output of a prediction over REST: a float32 array, or a list of bytes.

    Args:
        answer: dict, the answer to a request for a prediction.

    Raises:
        ServingError: if it has several outputs, ragged lists, or anything but numbers or base64.
    """
    found = answer.get("outputs")
    if not isinstance(found, list):
        raise ServingError(f"Expected an answer with one list of outputs. Received: {_brief(answer)}")
    if any(isinstance(value, dict) for value in found):
        return [_bytes(value) for value in found]
    try:
        return _float32(_array(found))
    except (ValueError, OverflowError) as error:
        raise ServingError(f"Expected an array of numbers ({error}). Received: {_brief(found)}") from error


def tensor(proto, to_array):
    """Return the output of a prediction over gRPC: a float32 array, or a list of bytes.

    Args:
        proto: `TensorProto`.
        to_array: function of it that returns an array, `tf.make_ndarray`.

    Raises:
        ServingError: if the tensor holds neither numbers nor a list of strings.
    """
    sizes = [dim.size for dim in proto.tensor_shape.dim]
    # A tensor of equal numbers is sent as one number, whatever its shape.
    if any(size < 0 for size in sizes) or 4 * math.prod(sizes) > MAX_BYTES:
        raise too_large()
    try:
        array = to_array(proto)
    except (ValueError, TypeError, KeyError) as error:
        raise ServingError(f"The server's tensor cannot be read ({error}). Received: the shape {sizes}") from error
    if array.dtype == object and array.ndim == 1:
        return array.tolist()
    if array.dtype.kind not in "iuf":
        raise ServingError(f"Expected numbers or a list of strings. Received: {array.dtype} of shape {array.shape}")
    return _float32(array)


def pictures(made, count):
    """Return the pictures of an answer, after a look at each.

    Args:
        made: what `output` or `tensor` returned.
        count: int, how many pictures were asked for.

    Returns:
        `made`: a list of PNG files, bytes, or a finite float32 array (count, height, width, channels).

    Raises:
        ServingError: if there are more or fewer, or one is no PNG file or too large.
    """
    # An empty list may be of numbers or of files.
    if isinstance(made, np.ndarray) and made.shape != (0,) and (made.ndim != 4 or 0 in made.shape):
        raise ServingError(f"Expected images (batch, height, width, channels). Received: the shape {made.shape}")
    if len(made) != count:
        raise ServingError(f"Expected {count:,} pictures. Received: {len(made):,}")
    if isinstance(made, list):
        for file in made:
            _require_png(file)
        return made
    _require_size(*made.shape[1:3])
    if not np.isfinite(made).all():
        raise ServingError("Expected images of finite numbers. Received: NaN or infinity")
    return made


def stranger(reason):
    """Return the error for a program that is no server of models."""
    return ServingError(
        f"The program that answered does not speak the REST of TensorFlow Serving ({reason}): check --host and --port."
    )


def _shape(tensor_shape):
    return tuple(_side(dim["size"]) for dim in tensor_shape.get("dim", ()))


def _side(size):
    # In the JSON of protobuf, int64 is a string.
    if isinstance(size, bool) or not isinstance(size, int | str):
        raise TypeError(f"a size {_brief(size)}")
    return int(size) if int(size) >= 0 else None


def _bytes(value):
    try:
        if set(value) != {"b64"} or not isinstance(value["b64"], str):
            raise ValueError("not only a string `b64`")
        return base64.b64decode(value["b64"], validate=True)
    except (ValueError, TypeError) as error:
        raise ServingError(f"Expected files in base64 ({error}). Received: {_brief(value)}") from error


def _array(lists):
    """Return lists of lists of numbers as an array. NumPy alone would take "1", True and None for numbers, too."""
    shape = [len(lists)]
    while set(map(type, lists)) == {list}:
        lengths = set(map(len, lists))
        if len(lengths) > 1:
            raise ValueError("lists of different lengths")
        shape.append(lengths.pop())
        lists = list(itertools.chain.from_iterable(lists))
    if not set(map(type, lists)) <= {int, float}:
        raise ValueError("something else than numbers")
    return np.array(lists, np.float64).reshape(shape)


def _float32(array):
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _require_png(file):
    """Raise a ServingError unless this is a PNG file of an allowed size that holds all of its pixels."""
    try:
        chunks = _chunks(file)
        (first, header), (last, _) = chunks[0], chunks[-1]
        names = [name for name, _ in chunks]
        if (first, last, names.count(b"IEND")) != (b"IHDR", b"IEND", 1) or b"IDAT" not in names:
            raise ValueError("not the chunks of a picture")
        width, height, *form = struct.unpack(">2I5B", header)
        # First, because what is unpacked below is as large as this says.
        _require_size(height, width)
        _require_pixels([content for name, content in chunks if name == b"IDAT"], _size(width, height, *form))
    except (ValueError, TypeError, IndexError, struct.error, zlib.error) as error:
        raise ServingError(f"Expected whole PNG files ({error}). Received: {_brief(file)}") from error


def _size(width, height, depth, colour, compression, filtering, interlace):
    """Return how many bytes the pixels of a PNG file are: each row begins with the number of its filter."""
    if depth not in (1, 2, 4, 8, 16) or colour not in _CHANNELS or compression or filtering or interlace:
        raise ValueError("another form than that of TensorFlow")
    return height * (1 + -(-width * _CHANNELS[colour] * depth // 8))


def _require_pixels(contents, size):
    """Raise an error unless so many bytes are packed in the chunks of a PNG file. They are not kept."""
    unpacker = zlib.decompressobj()
    for content in contents:
        piece = unpacker.decompress(content, _PIECE)
        while piece:
            size -= len(piece)
            if size < 0:
                raise ValueError("more than its pixels")
            piece = unpacker.decompress(unpacker.unconsumed_tail, _PIECE)
    if size or not unpacker.eof or unpacker.unused_data:
        raise ValueError("not the pixels of its size")


def _chunks(file):
    """Return the chunks of a PNG file, pairs of name and content."""
    if not isinstance(file, bytes) or not file.startswith(PNG_SIGNATURE):
        raise ValueError("another beginning")
    view, place, chunks = memoryview(file), len(PNG_SIGNATURE), []
    while place < len(file):
        length, name = struct.unpack_from(">I4s", file, place)
        end = place + 8 + length
        if struct.unpack_from(">I", file, end) != (zlib.crc32(view[place + 4 : end]),):
            raise ValueError("a damaged chunk")
        chunks.append((name, view[place + 8 : end]))
        place = end + 4
    return chunks


def _require_size(height, width):
    if not 0 < height * width <= MAX_PIXELS:
        raise ServingError(f"Expected pictures of 1 to {MAX_PIXELS:,} pixels. Received: {height:,} x {width:,} pixels")


def _brief(value):
    return reprlib.repr(value)


def _printable(character):
    # The rest could move the cursor, clear the screen or reverse the direction of the text.
    return character if character.isprintable() else character.encode("unicode_escape").decode()
