"""Captioned digits: what is drawn is what the sentence says, and what is held out never comes."""

import numpy as np
import pytest

from keras_gan import data


@pytest.fixture(scope="module")
def world():
    return data.CaptionedDigits(400)


def test_a_share_of_the_combinations_is_held_out(world):
    seen, unseen = ({tuple(row) for row in world.combinations(split)} for split in ("train", "unseen"))
    assert (len(seen), len(unseen), seen & unseen) == (408, 72, set())
    for split, known in (("train", seen), ("test", seen), ("unseen", unseen)):
        assert {tuple(row) for row in world.draw(split).attributes} <= known
    # Each single value is seen in training.
    for axis, values in enumerate(world.values.values()):
        assert {row[axis] for row in seen} == set(range(len(values)))


def test_the_sentence_says_what_is_drawn(world):
    drawn = world.draw("train")
    ink = drawn.images.astype(float)
    weight = ink.max(axis=-1)
    for image, text, row in zip(ink, drawn.captions, drawn.attributes, strict=True):
        digit, colour, size, place = (values[number] for values, number in zip(world.values.values(), row, strict=True))
        assert text == f"a {size} {colour} {digit} at {place}"
        pixels = image.reshape(-1, 3)
        brightest = pixels[pixels.max(axis=-1).argmax()] / pixels.max()
        assert {
            "red": brightest.argmax() == 0,
            "green": brightest.argmax() == 1,
            "blue": brightest.argmax() == 2,
            "white": brightest.min() > 0.9,
        }.get(colour, True)
    spots = np.arange(world.side)
    rows, columns = ((weight.sum(axis) @ spots) / weight.sum((1, 2)) - 11.5 for axis in (2, 1))
    place = np.array(world.values["place"])[drawn.attributes[:, 3]]
    assert (columns[place == "left"] < -1).all()
    assert (columns[place == "right"] > 1).all()
    assert (rows[place == "top"] < -1).all()
    assert (rows[place == "bottom"] > 1).all()
    heights = (weight.max(axis=2) > 60).sum(axis=1)
    large = drawn.attributes[:, 2] == 1
    assert heights[large].min() >= 10 > heights[~large].max()


def test_an_upright_digit_without_a_scale_is_the_digit_itself():
    world = data.CaptionedDigits(1)
    digit = data.Digits().read("train", lambda image: image).images[0]
    # A small digit is 8 pixels high on a canvas of 24: at a whole pixel, nothing is interpolated.
    shift = np.array([0.0, 0.04]) / 0.96
    image = world.drawn_at(digit[np.newaxis], np.array([(0, 5, 0, 0)]), shift[np.newaxis])[0]
    part = image[8:16, 1:9, 0]
    np.testing.assert_allclose(part, digit[..., 0], atol=12)


def test_the_same_seed_draws_the_same_and_another_does_not(world):
    again, other = data.CaptionedDigits(400), data.CaptionedDigits(400, seed=1)
    np.testing.assert_array_equal(world.draw("test").images, again.draw("test").images)
    assert (world.draw("test").attributes != other.draw("test").attributes).any()


def test_it_is_a_source_with_captions():
    world = data.CaptionedDigits(40, side=32)
    loaded = data.load_captions(world, split="unseen", batch_size=40)
    (batch,) = loaded.one_pass()
    drawn = world.draw("unseen")
    np.testing.assert_allclose(batch["images"], drawn.images / 127.5 - 1, atol=1e-6)
    assert [text.decode() for text in loaded.tokenizer.decode(batch["captions"]).numpy()] == drawn.captions
    with pytest.raises(ValueError, match="Nothing is unseen"):
        data.load_captions(data.CaptionedDigits(4, held_out=0.0), split="unseen", batch_size=4)
