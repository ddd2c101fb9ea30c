"""What a hostile server may answer, and the line that the client ends in: none is believed, and none is a traceback."""

import json
import re
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

NO_JSON = "does not speak the REST of TensorFlow Serving (no JSON"
NO_METADATA = "does not speak the REST of TensorFlow Serving (wrong metadata"
NO_LIST = "Expected an answer with one list of outputs. Received: "
NO_NUMBERS = "Expected an array of numbers (something else than numbers). Received: "
RAGGED = "Expected an array of numbers (lists of different lengths). Received: "
NO_BASE64 = "Expected files in base64"
NO_PNG = "Expected whole PNG files"
NO_COUNT = "Expected 2 pictures. Received: "
NO_IMAGES = "Expected images (batch, height, width, channels). Received: "
NOT_FINITE = "Expected images of finite numbers. Received: NaN or infinity"
NO_SIZE = "Expected pictures of 1 to 67,108,864 pixels. Received: "
TOO_LARGE = "The answer has more than 256 MiB, and was not read"


@pytest.fixture(scope="module")
def answers(load_command):
    """The module."""
    return load_command("serving_answers")


def _chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png(width=1, height=1, header=None, middle=None, end=None, form=(8, 0, 0, 0, 0)):
    header = struct.pack(">2I5B", width, height, *form) if header is None else header
    middle = _chunk(b"IDAT", zlib.compress(b"\0\0")) if middle is None else middle
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + middle + (_chunk(b"IEND", b"") if end is None else end)


def _files(*files):
    encoded = [tf.io.encode_base64(file).numpy().decode().replace("-", "+").replace("_", "/") for file in files]
    return {"outputs": [{"b64": text + "=" * (-len(text) % 4)} for text in encoded]}


def _image(value=0.5, side=1):
    return [[[value]] * side] * side


GOOD = _png()
FLIPPED = GOOD[:40] + bytes([GOOD[40] ^ 1]) + GOOD[41:]
ANSWERS = [
    # What is no JSON, or no object of JSON.
    (b"", NO_JSON),
    (b"<html>", NO_JSON),
    (b"{", NO_JSON),
    (b"[]", NO_JSON),
    (b"null", NO_JSON),
    (b'"outputs"', NO_JSON),
    (b"\xff\xfe\xff", NO_JSON),
    (b'{"outputs": [1]', NO_JSON),
    (b'{"outputs": [1],}', NO_JSON),
    (b'{"outputs": [' + b"9" * 5000 + b"]}", NO_JSON),
    (b"[" * 100_000, NO_JSON),
    (b'{"outputs": ' * 100_000, NO_JSON),
    # What is no list of outputs.
    ({}, NO_LIST),
    ({"predictions": [1]}, NO_LIST),
    ({"outputs": None}, NO_LIST),
    ({"outputs": 5}, NO_LIST),
    ({"outputs": "aGVsbG8="}, NO_LIST),
    ({"outputs": {"b64": "aGVsbG8="}}, NO_LIST),
    ({"outputs": {"images": [], "logits": []}}, NO_LIST),
    # What is no array of numbers.
    ({"outputs": ["0.5", "0.5"]}, NO_NUMBERS),
    ({"outputs": [True, False]}, NO_NUMBERS),
    ({"outputs": [None, None]}, NO_NUMBERS),
    ({"outputs": [_image(), _image("0.5")]}, NO_NUMBERS),
    ({"outputs": [_image(), _image(None)]}, NO_NUMBERS),
    ({"outputs": [_image(), 0.5]}, NO_NUMBERS),
    ({"outputs": [[{"b64": ""}]]}, NO_NUMBERS),
    ({"outputs": ["x" * 10**6, *[""] * 1000]}, NO_NUMBERS),
    ({"outputs": [_image(), []]}, RAGGED),
    ({"outputs": [_image(), _image(side=2)]}, RAGGED),
    ({"outputs": [[[[0.5], [0.5]], [[0.5]]]] * 2}, RAGGED),
    ({"outputs": [[[[0.5]]], [[[0.5, 0.5]]]]}, RAGGED),
    ({"outputs": [_image(10**400), _image()]}, "Expected an array of numbers (int too large"),
    (b'{"outputs": ' + b"[" * 80 + b"1" + b"]" * 80 + b"}", "Expected an array of numbers (maximum"),
    # What are no images.
    ({"outputs": []}, NO_COUNT + "0"),
    ({"outputs": [0.5, 0.5]}, NO_IMAGES),
    ({"outputs": [[[0.5]], [[0.5]]]}, NO_IMAGES),
    ({"outputs": [[_image()], [_image()]]}, NO_IMAGES),
    ({"outputs": [_image()]}, NO_COUNT + "1"),
    ({"outputs": [_image()] * 1000}, NO_COUNT + "1,000"),
    ({"outputs": [[[[]]], [[[]]]]}, NO_IMAGES),
    ({"outputs": [[[]], [[]]]}, NO_IMAGES),
    (b'{"outputs": [[[[NaN]]], [[[0]]]]}', NOT_FINITE),
    (b'{"outputs": [[[[0]]], [[[-Infinity]]]]}', NOT_FINITE),
    (b'{"outputs": [[[[0]]], [[[1e999]]]]}', NOT_FINITE),
    ({"outputs": [_image(1e300), _image()]}, NOT_FINITE),
    # What is no base64.
    ({"outputs": [{"b64": "!!!!"}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": "iVBORw0KGgo"}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": "iVBO Rw0KGgo="}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": "iVBORw0KGgo=\n"}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": "ü"}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": 5}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": None}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": ["iVBORw0KGgo="]}] * 2}, NO_BASE64),
    ({"outputs": [{"b32": "iVBORw0KGgo="}] * 2}, NO_BASE64),
    ({"outputs": [{"b64": "iVBORw0KGgo=", "path": "/etc/passwd"}] * 2}, NO_BASE64),
    ({"outputs": [{}, {}]}, NO_BASE64),
    ({"outputs": [{"b64": ""}, "iVBORw0KGgo="]}, NO_BASE64),
    ({"outputs": [0.5, {"b64": ""}]}, NO_BASE64),
    # What is no PNG file, or not so many.
    (_files(), NO_COUNT + "0"),
    (_files(GOOD), NO_COUNT + "1"),
    (_files(GOOD, GOOD, GOOD), NO_COUNT + "3"),
    (_files(*[GOOD] * 1000), NO_COUNT + "1,000"),
    (_files(b"", b""), NO_PNG + " (another beginning"),
    (_files(GOOD, b"GIF89a"), NO_PNG + " (another beginning"),
    (_files(b"\x89PNG\r\n\x1a\n", GOOD), NO_PNG),
    (_files(GOOD, GOOD[:-1]), NO_PNG),
    (_files(GOOD, GOOD[:-12]), NO_PNG + " (not the chunks of a picture"),
    (_files(GOOD, GOOD[:50]), NO_PNG),
    (_files(GOOD, GOOD + b"#!/bin/sh"), NO_PNG),
    (_files(GOOD, GOOD + _chunk(b"tEXt", b"")), NO_PNG + " (not the chunks of a picture"),
    (_files(GOOD, FLIPPED), NO_PNG + " (a damaged chunk"),
    (_files(GOOD, _png(header=b"")), NO_PNG),
    (_files(GOOD, _png(middle=b"")), NO_PNG + " (not the chunks of a picture"),
    (_files(GOOD, _png(end=struct.pack(">I4s", 2**32 - 1, b"IEND"))), NO_PNG),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", b"junk"))), NO_PNG + " (Error -3"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", b""))), NO_PNG + " (not the pixels of its size"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", zlib.compress(b"\0")))), NO_PNG + " (not the pixels of its size"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", zlib.compress(bytes(3))))), NO_PNG + " (more than its pixels"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", zlib.compress(bytes(2**25))))), NO_PNG + " (more than its pixels"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", zlib.compress(bytes(2))[:-2]))), NO_PNG + " (not the pixels of its size"),
    (_files(GOOD, _png(middle=_chunk(b"IDAT", zlib.compress(bytes(2)) + b"x"))), NO_PNG + " (not the pixels"),
    (_files(GOOD, _png(2, 2)), NO_PNG + " (not the pixels of its size"),
    (_files(GOOD, _png(form=(8, 2, 0, 0, 0))), NO_PNG + " (not the pixels of its size"),
    (_files(GOOD, _png(form=(8, 0, 0, 0, 1))), NO_PNG + " (another form than that of TensorFlow"),
    (_files(GOOD, _png(form=(7, 0, 0, 0, 0))), NO_PNG + " (another form than that of TensorFlow"),
    (_files(GOOD, _png(width=0)), NO_SIZE + "1 x 0 pixels"),
    (_files(GOOD, _png(13_000, 13_000)), NO_SIZE + "13,000 x 13,000 pixels"),
    (_files(GOOD, _png(2**31, 2**31)), NO_SIZE),
]


def _metadata(size="5", method="tensorflow/serving/predict", **signature):
    shape = {"tensor_shape": {"dim": [{"size": "-1"}, {"size": size}]}}
    found = {"sample": {"inputs": {"latents": shape}, "method_name": method, **signature}}
    return {"metadata": {"signature_def": {"signature_def": found}}}


METADATA = [
    ({}, "no 'metadata')"),
    ({"metadata": []}, NO_METADATA),
    ({"metadata": {"signature_def": None}}, NO_METADATA),
    ({"metadata": {"signature_def": {"signature_def": []}}}, NO_METADATA),
    ({"metadata": {"signature_def": {"signature_def": {"a": 5}}}}, NO_METADATA),
    (_metadata(method=5), NO_METADATA),
    (_metadata(inputs=None), NO_METADATA),
    (_metadata(inputs={"latents": {}}), "no 'tensor_shape')"),
    (_metadata(inputs={"latents": {"tensor_shape": []}}), NO_METADATA),
    (_metadata(inputs={"latents": {"tensor_shape": {"dim": 5}}}), NO_METADATA),
    (_metadata(size="many"), NO_METADATA),
    (_metadata(size=1.5), NO_METADATA),
    (_metadata(size=None), NO_METADATA),
    (_metadata(size=True), NO_METADATA),
    (_metadata(size="9" * 5000), NO_METADATA),
]


def _content(answer):
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@pytest.mark.parametrize("answer, message", ANSWERS)
def test_an_answer_that_no_honest_server_gives_is_one_plain_line(answers, answer, message):
    with pytest.raises(answers.ServingError, match=re.escape(message)) as error:
        answers.pictures(answers.output(answers.document(_content(answer))), 2)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("answer, message", METADATA)
def test_metadata_that_no_honest_server_gives_are_one_plain_line(answers, answer, message):
    with pytest.raises(answers.ServingError, match=re.escape(message)):
        answers.signatures(answers.document(_content(answer)))


@pytest.mark.parametrize("depth", [tf.uint8, tf.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_png_file_that_tensorflow_writes_is_taken(answers, channels, depth):
    noise = np.random.default_rng(0).integers(0, depth.max, (700, 300, channels))
    file = tf.io.encode_png(tf.cast(noise, depth)).numpy()
    two_chunks = b"".join(
        _chunk(b"IDAT", piece)
        for name, content in answers._chunks(file)
        if name == b"IDAT"
        for piece in _halves(content)
    )
    header = next(bytes(content) for name, content in answers._chunks(file) if name == b"IHDR")
    files = [file, _png(header=header, middle=two_chunks)]
    assert answers.pictures(files, 2) == files


def _halves(content):
    return bytes(content[: len(content) // 2]), bytes(content[len(content) // 2 :])


def test_what_an_honest_server_gives_is_taken(answers, tmp_path):
    assert answers.pictures(answers.output(_files(GOOD, GOOD)), 2) == [GOOD, GOOD]
    (tmp_path / "good.png").write_bytes(GOOD)
    with Image.open(tmp_path / "good.png") as picture:
        assert np.asarray(picture).tolist() == [[0]]
    images = answers.pictures(answers.output({"outputs": [_image(0.5, 3), _image(-1, 3)]}), 2)
    np.testing.assert_array_equal(images, np.float32([[[[0.5]] * 3] * 3, [[[-1]] * 3] * 3]), strict=True)
    assert answers.signatures(_metadata(outputs={})) == {"sample": {"latents": (None, 5)}}
    assert answers.signatures(_metadata(method="tensorflow/serving/classify")) == {}


@pytest.mark.parametrize(
    "tensor, message",
    [
        # One number that stands for a tebibyte of them.
        ({"dtype": 1, "float_val": [0.5], "tensor_shape": {"dim": [{"size": 2**19}, {"size": 2**19}]}}, TOO_LARGE),
        ({"dtype": 1, "float_val": [0.5], "tensor_shape": {"dim": [{"size": -1}]}}, TOO_LARGE),
        ({"dtype": 1, "tensor_content": b"abc", "tensor_shape": {"dim": [{"size": 2}]}}, "tensor cannot be read"),
        ({"dtype": 99, "tensor_shape": {"dim": [{"size": 2}]}}, "tensor cannot be read"),
        ({"dtype": 10, "bool_val": [True, False], "tensor_shape": {"dim": [{"size": 2}]}}, "Received: bool of shape"),
        ({"dtype": 7, "string_val": [GOOD], "tensor_shape": {}}, "Received: object of shape ()"),
        ({"dtype": 7, "string_val": [GOOD] * 3, "tensor_shape": {"dim": [{"size": 3}]}}, NO_COUNT + "3"),
        ({"dtype": 7, "string_val": [GOOD, b"!"], "tensor_shape": {"dim": [{"size": 2}]}}, NO_PNG),
        ({"dtype": 1, "float_val": [0.5], "tensor_shape": {"dim": [{"size": 2}]}}, NO_IMAGES),
        ({"dtype": 1, "float_val": [np.nan], "tensor_shape": {"dim": [{"size": 2}] + [{"size": 1}] * 3}}, NOT_FINITE),
    ],
)
def test_a_tensor_that_no_honest_server_gives_is_one_plain_line(answers, tensor, message):
    proto = tf.make_tensor_proto(0.0)
    proto.Clear()
    proto.MergeFrom(type(proto)(**tensor))
    with pytest.raises(answers.ServingError, match=re.escape(message)):
        answers.pictures(answers.tensor(proto, tf.make_ndarray), 2)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("\x1b[2J\x1b]0;owned\x07busy", r"\x1b[2J\x1b]0;owned\x07busy"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("\u202edesrever", r"\u202edesrever"),
        ("\x9b31mred", r"\x9b31mred"),
        ("half \ud800", r"half \ud800"),
        ("Bilder für alle", "Bilder für alle"),
        ("wrong [[{{node Assert}}]] [[{{x}}]]", "wrong"),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_a_message_is_what_a_terminal_may_show(answers, text, shown):
    assert str(answers.ServingError(text)) == shown
