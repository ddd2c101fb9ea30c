"""Decoding one file, as a viewer shows it."""

import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.data._decoding import decode, decode_levels, size_of


def ramp(height, width):
    return np.arange(height * width, dtype=np.uint8).reshape(height, width, 1)


def saved(tmp_path, image, name="a.png", **options):
    image.save(tmp_path / name, **options)
    return decode(tmp_path / name)


def written(tmp_path, name, content, **options):
    (tmp_path / name).write_bytes(content)
    return decode(tmp_path / name, **options)


def test_grey_files_have_one_channel_and_the_others_three(tmp_path):
    grey = ramp(3, 5)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(grey[..., 0])), grey)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(grey[..., 0]), "a.pgm"), grey)
    colours = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(colours)), colours)
    assert saved(tmp_path, Image.new("1", (2, 2), 1)).tolist() == [[[255]] * 2] * 2


def test_sixteen_bits_are_rounded_to_eight(tmp_path):
    deep = Image.fromarray(np.uint16([[0, 257, 32768, 65535]]))
    np.testing.assert_array_equal(saved(tmp_path, deep)[0, :, 0], [0, 1, 128, 255])


def test_a_palette_gives_its_colours(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([250, 10, 20, 30, 240, 50])
    palette.putpixel((1, 0), 1)
    np.testing.assert_array_equal(saved(tmp_path, palette), [[[250, 10, 20], [30, 240, 50]]])


def test_transparent_parts_lie_on_white(tmp_path):
    glass = Image.fromarray(np.uint8([[[255, 0, 0, 255], [9, 9, 9, 0], [0, 0, 0, 51]]]))
    np.testing.assert_array_equal(saved(tmp_path, glass), [[[255, 0, 0], [255, 255, 255], [204, 204, 204]]])
    grey_glass = Image.fromarray(np.uint8([[[40, 255], [9, 0]]]), "LA")
    np.testing.assert_array_equal(saved(tmp_path, grey_glass), [[[40], [255]]])


def test_cmyk_becomes_rgb(tmp_path):
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    pixel = saved(tmp_path, cyan, "a.jpg", quality=95)[4, 4].astype(int)
    np.testing.assert_allclose(pixel, [0, 255, 255], atol=8)


def test_exif_turns_the_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright: turn by 90 degrees clockwise.
    image = ramp(2, 3)[..., 0]
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(image), exif=exif)[..., 0], np.rot90(image, -1))


# --- Depth ------------------------------------------------------------------------------------------------------------


def tiff(bits, pixels, *, photometric=1, sample_format=1, order="<"):
    """A grey TIFF file of one row of four pixels, which are given as bytes."""
    tags = {256: 4, 257: 1, 258: bits, 259: 1, 262: photometric, 273: 8 + 2 + 12 * 10 + 4, 277: 1, 278: 1}
    tags |= {279: len(pixels), 339: sample_format}
    entries = b"".join(struct.pack(order + "HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items())
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)
    return start + struct.pack(order + "H", len(tags)) + entries + bytes(4) + pixels


def png(width, depth, colour, row, transparent=None):
    """A PNG file of one row of pixels, which are given as bytes."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, colour, 0, 0, 0))]
    parts += [] if transparent is None else [chunk(b"tRNS", transparent)]
    parts += [chunk(b"IDAT", zlib.compress(b"\0" + row)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("highest", [1, 100, 255, 1023, 4095, 65535])
@pytest.mark.parametrize("magic", [b"P2", b"P5"])
def test_a_pgm_file_is_scaled_by_the_highest_level_that_it_names(tmp_path, highest, magic):
    levels = [0, highest // 2, highest]
    if magic == b"P5":
        pixels = b"".join(level.to_bytes(1 + (highest > 255), "big") for level in levels)
    else:
        pixels = " ".join(map(str, levels)).encode()
    got = written(tmp_path, "a.pgm", b"%b 3 1 %d\n%b" % (magic, highest, pixels))
    np.testing.assert_allclose(got[0, :, 0], [level * 255 / highest for level in levels], atol=0.51)


@pytest.mark.parametrize("order", "<>")
def test_a_tiff_of_16_bits_is_scaled_in_both_byte_orders(tmp_path, order):
    pixels = struct.pack(order + "4H", 0, 257, 32768, 65535)
    assert written(tmp_path, "a.tif", tiff(16, pixels, order=order))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_tiff_of_12_bits_fills_the_range(tmp_path):
    # 0x000, 0x800, 0xfff, 0x011
    pixels = bytes.fromhex("000800fff011")
    assert written(tmp_path, "a.tif", tiff(12, pixels))[0, :, 0].tolist() == [0, 128, 255, 1]


def test_a_tiff_whose_zero_is_white_is_inverted_at_every_depth(tmp_path):
    deep = written(tmp_path, "a.tif", tiff(16, struct.pack("<4H", 0, 257, 32768, 65535), photometric=0))
    shallow = written(tmp_path, "a.tif", tiff(8, bytes([0, 1, 128, 255]), photometric=0))
    assert deep[0, :, 0].tolist() == shallow[0, :, 0].tolist() == [255, 254, 127, 0]


@pytest.mark.parametrize("bits, size", [(8, 1), (16, 2), (32, 4)])
def test_signed_numbers_are_refused(tmp_path, bits, size):
    with pytest.raises(
        ValueError, match=r"signed numbers whose range is unknown.* convert it to unsigned numbers of 8 or 16"
    ):
        written(tmp_path, "a.tif", tiff(bits, bytes(4 * size), sample_format=2))


def test_floats_are_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"numbers whose range is unknown \(mode F\), so convert it to .* 8 or 16 bits"
    ):
        saved(tmp_path, Image.fromarray(np.zeros((2, 2), np.float32)), "a.tif")


def test_the_transparent_level_of_a_grey_png_becomes_white_at_every_depth(tmp_path):
    deep = png(3, 16, 0, struct.pack(">3H", 0, 257, 32768), transparent=struct.pack(">H", 257))
    assert written(tmp_path, "a.png", deep)[0, :, 0].tolist() == [0, 255, 128]
    nibbles = png(4, 4, 0, bytes.fromhex("0123"), transparent=struct.pack(">H", 2))
    assert written(tmp_path, "a.png", nibbles)[0, :, 0].tolist() == [0, 17, 255, 51]
    pairs = png(4, 2, 0, bytes([0b00011011]), transparent=struct.pack(">H", 1))
    assert written(tmp_path, "a.png", pairs)[0, :, 0].tolist() == [0, 255, 170, 255]


def test_the_transparent_colour_of_a_deep_png_becomes_white(tmp_path):
    row = struct.pack(">6H", 65535, 0, 0, 2560, 5120, 7680)
    got = written(tmp_path, "a.png", png(2, 16, 2, row, transparent=struct.pack(">3H", 2560, 5120, 7680)))
    assert got[0].tolist() == [[255, 0, 0], [255, 255, 255]]


def test_deep_grey_with_alpha_stays_grey(tmp_path):
    row = struct.pack(">4H", 32768, 65535, 9, 0)
    assert written(tmp_path, "a.png", png(2, 16, 4, row)).tolist() == [[[128], [255]]]


def kept(levels, highest=65535):
    """The floats of levels, each the nearest to its true place."""
    return np.float32(2 * np.asarray(levels, np.float64) / highest - 1)


def test_a_png_keeps_all_its_levels_if_asked_to(tmp_path):
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(levels).save(tmp_path / "a.png")
    got = decode(tmp_path / "a.png", depth=16)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got[..., 0], kept(levels))
    assert len(np.unique(got)) == 65536


# Pillow knows no deep grey whose zero is white in the other order.
@pytest.mark.parametrize("order, photometric", [("<", 0), ("<", 1), (">", 1)])
def test_a_tiff_keeps_its_levels_in_both_byte_orders_and_both_senses(tmp_path, order, photometric):
    levels = [0, 257, 32768, 65535]
    content = tiff(16, struct.pack(order + "4H", *levels), order=order, photometric=photometric)
    got = written(tmp_path, "a.tif", content, depth=16)[0, :, 0]
    np.testing.assert_array_equal(got, kept(levels) * (1 if photometric else -1))


def test_levels_of_other_depths_fill_the_range(tmp_path):
    got = written(tmp_path, "a.tif", tiff(12, bytes.fromhex("000800fff011")), depth=16)
    np.testing.assert_array_equal(got[0, :, 0], kept([0, 2048, 4095, 17], 4095))
    got = written(tmp_path, "a.pgm", b"P5 2 1 1023\n" + struct.pack(">2H", 0, 1023), depth=16)
    assert got[0, :, 0].tolist() == [-1, 1]


def test_a_file_of_8_bits_stays_as_it_is_at_every_depth(tmp_path):
    image = ramp(3, 5)
    Image.fromarray(image[..., 0]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(decode(tmp_path / "a.png", depth=16), image)


@pytest.mark.parametrize(
    "name, content",
    [
        ("key.png", png(2, 16, 2, bytes(12), transparent=bytes(6))),
        ("rgb.ppm", b"P6 1 1 1023\n" + bytes(6)),
    ],
)
def test_deep_colours_are_not_rounded_where_the_depth_is_to_be_kept(tmp_path, name, content):
    assert written(tmp_path, name, content).dtype == np.uint8
    with pytest.raises(ValueError, match=r"have more than 8 bits, and only grey files .*leave `depth` out"):
        decode(tmp_path / name, depth=16)


def test_deep_colours_of_a_png_keep_their_levels(tmp_path):
    levels = np.random.default_rng(0).integers(0, 65536, (3, 4, 4)).astype("uint16")
    levels[0, 0, 3], levels[0, 1, 3] = 0, 65535
    floats = (levels / 32767.5 - 1.0).astype("float32")
    share = (floats[..., 3:] + 1) / 2
    for name, channels, expected in (
        ("rgb", [0, 1, 2], floats[..., :3]),
        ("both", [0, 1, 2, 3], share * floats[..., :3] + 1 - share),
        ("alpha", [0, 3], share * floats[..., :1] + 1 - share),
    ):
        content = tf.io.encode_png(levels[..., channels]).numpy()
        np.testing.assert_allclose(written(tmp_path, f"{name}.png", content, depth=16), expected, atol=1e-6)
        found = decode_levels(tmp_path / f"{name}.png")
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, levels[..., {"alpha": [0, 0, 0, 3]}.get(name, channels)])
    # With 8 bits they are rounded, as they were.
    assert decode(tmp_path / "rgb.png").dtype == np.uint8
    kept = written(tmp_path, "both.png", tf.io.encode_png(levels).numpy(), alpha=True, depth=16)
    np.testing.assert_array_equal(kept, floats)


def test_files_of_8_bits_and_deep_grey_are_read_as_the_numbers_that_they_hold(tmp_path):
    grey = np.arange(65536).reshape(256, 256).astype("uint16")
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(decode_levels(tmp_path / "grey.png")[..., 0], grey)
    image = np.random.default_rng(0).integers(0, 256, (3, 4, 4), np.uint8)
    Image.fromarray(image).save(tmp_path / "bytes.png")
    np.testing.assert_array_equal(decode_levels(tmp_path / "bytes.png"), image)


def test_deep_colours_of_a_tiff_are_not_rounded_where_the_depth_is_to_be_kept(tmp_path):
    # Nine tags end at 122, where the depths of the three channels are; the pixel follows them.
    tags = [(256, 1, 1), (257, 1, 1), (258, 3, 122), (259, 1, 1), (262, 1, 2), (273, 1, 128), (277, 1, 3), (278, 1, 1)]
    entries = b"".join(struct.pack("<HHIHH", tag, 3, count, value, 0) for tag, count, value in [*tags, (279, 1, 6)])
    start = b"II" + struct.pack("<HIH", 42, 8, 9) + entries + bytes(4)
    content = start + struct.pack("<3H", 16, 16, 16) + bytes(6)
    assert written(tmp_path, "a.tif", content).tolist() == [[[0, 0, 0]]]
    with pytest.raises(ValueError, match=r"have more than 8 bits, and only grey files"):
        decode(tmp_path / "a.tif", depth=16)


# --- Alpha ------------------------------------------------------------------------------------------------------------


def test_alpha_is_kept_if_asked_for(tmp_path):
    glass = np.uint8([[[255, 0, 0, 255], [9, 9, 9, 0], [0, 0, 0, 51]]])
    Image.fromarray(glass).save(tmp_path / "a.png")
    np.testing.assert_array_equal(decode(tmp_path / "a.png", alpha=True), glass)
    Image.fromarray(np.uint8([[[40, 255], [9, 0]]]), "LA").save(tmp_path / "b.png")
    assert decode(tmp_path / "b.png", alpha=True).tolist() == [[[40, 40, 40, 255], [9, 9, 9, 0]]]
    palette = Image.new("P", (2, 1))
    palette.putpalette([250, 10, 20, 30, 240, 50])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "c.png", transparency=1)
    assert decode(tmp_path / "c.png", alpha=True)[0, :, 3].tolist() == [255, 0]


def test_a_file_without_alpha_has_none(tmp_path):
    Image.fromarray(ramp(3, 5)[..., 0]).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", alpha=True).shape == (3, 5, 1)


@pytest.mark.parametrize("depth, black, white", [(8, 0, 255), (16, -1, 1)])
def test_the_transparent_level_of_deep_grey_is_an_alpha(tmp_path, depth, black, white):
    deep = png(2, 16, 0, struct.pack(">2H", 0, 257), transparent=struct.pack(">H", 257))
    got = written(tmp_path, "a.png", deep, alpha=True, depth=depth)
    assert got.tolist() == [[[black, black, black, white], [white, white, white, black]]]


# --- EXIF -------------------------------------------------------------------------------------------------------------


def test_a_damaged_tag_of_exif_does_not_matter(tmp_path):
    orientation = struct.pack("<HHIHH", 274, 3, 1, 6, 0)
    resolution = struct.pack("<HHI4s", 282, 2, 4, b"abc\0")  # A text, where a fraction belongs.
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + orientation + resolution + bytes(4)
    image = ramp(2, 3)[..., 0]
    turned = saved(tmp_path, Image.fromarray(image), "a.png", exif=exif)
    np.testing.assert_array_equal(turned[..., 0], np.rot90(image, -1))


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_each_orientation_is_turned_upright(tmp_path, orientation, name):
    image = Image.fromarray(ramp(2, 3)[..., 0])
    exif = Image.Exif()
    exif[274] = orientation
    got = saved(tmp_path, image, name, exif=exif)
    turns = {2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud, 5: np.transpose, 6: lambda x: np.rot90(x, -1)}
    turns |= {7: lambda x: np.rot90(x, 2).T, 8: np.rot90}
    expected = turns.get(orientation, lambda x: x)(np.asarray(image))
    np.testing.assert_array_equal(got[..., 0], expected)
    assert size_of(tmp_path / name) == expected.shape


# --- Size -------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [9, 13, 200])
def test_a_picture_of_too_many_pixels_names_the_limit(tmp_path, monkeypatch, side):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 80)
    Image.new("L", (side, side)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"more pixels than the limit of 80, .*`PIL.Image.MAX_IMAGE_PIXELS = ...`"):
        decode(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert decode(tmp_path / "a.png").shape == (side, side, 1)
