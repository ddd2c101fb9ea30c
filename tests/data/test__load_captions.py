"""Images with captions in batches: which caption a step takes, and that the other one never matches."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data
from keras_gan.layers import Tokenizer

WORDS = ("one", "two", "three", "four", "five", "six")


def numbered(count):
    """Images of which every pixel of number k is k."""
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 4, 4, 1)).copy()


def numbers_of(batch):
    return np.rint((np.asarray(batch["images"])[:, 0, 0, 0] + 1) * 127.5).astype(int)


def texts_of(dataset, batch, field):
    return [text.decode() for text in dataset.tokenizer.decode(batch[field]).numpy()]


# Image 0 has three captions, one of them twice; images 1 and 2 share one; image 4 has the first of image 0.
SEVERAL = [["one", "Two", "two!"], "three", ["three", "four"], "five", ["one", "six"]]


def seen(dataset, steps):
    """Of each image, how often each matching and each other caption came."""
    found = {}
    for batch in dataset.take(steps):
        both = (texts_of(dataset, batch, field) for field in ("captions", "mismatched"))
        for image, own, other in zip(numbers_of(batch), *both, strict=True):
            counts = found.setdefault(image, ({}, {}))
            counts[0][own] = counts[0].get(own, 0) + 1
            counts[1][other] = counts[1].get(other, 0) + 1
    return found


def test_a_caption_is_drawn_for_each_image_and_another_that_never_matches():
    loaded = data.load_captions(numbered(5), SEVERAL, batch_size=5, seed=2)
    found = seen(loaded, 300)
    own = [{"one", "two"}, {"three"}, {"three", "four"}, {"five"}, {"one", "six"}]
    for image, (matching, others) in found.items():
        assert set(matching) == own[image]
        # All the others come, and none of its own.
        assert set(others) == set(WORDS) - own[image]
    # "Two" and "two!" are one text of two captions: drawn twice as often as "one".
    assert found[0][0]["two"] / found[0][0]["one"] == pytest.approx(2.0, rel=0.4)
    # Others come as often as in the data: of image 3 "one", "two" and "three" twice each, "four" and "six" once.
    shares = {text: count / 300 for text, count in found[3][1].items()}
    for text, expected in {"one": 2, "two": 2, "three": 2, "four": 1, "six": 1}.items():
        assert shares[text] == pytest.approx(expected / 8, abs=0.07)


def test_of_several_candidates_the_most_similar_wrong_caption_is_taken():
    captions = ["a red one", "a red two", "a blue one", "a green four", "green four five six"]
    loaded = data.load_captions(numbered(5), captions, batch_size=5, candidates=40)
    found = {image: set(others) for image, (_, others) in seen(loaded, 30).items()}
    # Two words shared and one not; of the last, two shared and one not, where the other way round it is two more.
    assert found == {
        0: {"a red two", "a blue one"},
        1: {"a red one"},
        2: {"a red one"},
        3: {"a red one", "a red two", "a blue one", "green four five six"} & found[3],
        4: {"a green four"},
    }
    with pytest.raises(ValueError, match="leave `candidates` out"):
        data.load_captions(numbered(5), np.eye(5), batch_size=5, candidates=2)


def test_a_stream_begins_at_any_step_bit_for_bit():
    changes = data.Preprocessing(flip=True, dequantize=True)
    options = {"batch_size": 4, "seed": 5, "candidates": 3, "preprocessing": changes}
    whole = [*data.load_captions(numbered(5), SEVERAL, **options).take(4)]
    later = [*data.load_captions(numbered(5), SEVERAL, **options, start_step=1).from_step(1).take(2)]
    for one, other in zip(whole[2:], later, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
    assert sorted(
        np.concatenate(
            [numbers_of(batch) for batch in data.load_captions(numbered(6), list(WORDS), batch_size=2).take(3)]
        )
    ) == list(range(6))


def test_one_pass_takes_the_first_caption_of_each_in_order():
    loaded = data.load_captions(numbered(5), SEVERAL, batch_size=3)
    batches = [*loaded.one_pass()]
    assert np.concatenate([numbers_of(batch) for batch in batches]).tolist() == list(range(5))
    texts = [text for batch in batches for text in texts_of(loaded, batch, "captions")]
    assert texts == ["one", "three", "three", "five", "one"]


def test_captions_follow_their_images_into_a_split():
    images, captions = numbered(40), [f"w{k}" for k in range(40)]
    train = data.load_captions(images, captions, split="train", batch_size=36)
    test = data.load_captions(images, captions, split="test", batch_size=4, tokenizer=train.tokenizer)
    assert (train.num_images, test.num_images, train.num_held_out) == (36, 4, 4)
    for loaded in (train, test):
        (batch,) = loaded.one_pass()
        assert texts_of(loaded, batch, "captions") == [f"w{k}" for k in numbers_of(batch)]
        inside = {f"w{k}" for k in numbers_of(batch)}
        assert set(texts_of(loaded, batch, "mismatched")) <= inside


def test_vectors_and_tokens_pass_as_they_are():
    vectors = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    loaded = data.load_captions(numbered(5), vectors, batch_size=5)
    assert loaded.caption_shape == (3,)
    assert loaded.tokenizer is None
    for batch in loaded.take(5):
        both = (batch[field].numpy() for field in ("captions", "mismatched"))
        for image, own, other in zip(numbers_of(batch), *both, strict=True):
            assert (vectors[image] == own).all(-1).any()
            assert not (vectors[image] == other).all(-1).any()
            assert (vectors == other).all(-1).any()
    tokens = np.arange(10).reshape(5, 2)
    (batch,) = data.load_captions(numbered(5), tokens, batch_size=5).one_pass()
    np.testing.assert_array_equal(batch["captions"], tokens)
    assert batch["captions"].dtype == "int32"


def test_a_table_names_the_files_of_a_folder(tmp_path):
    for name, shade in (("a/1", 10), ("b/2", 20), ("b/3", 30)):
        path = tmp_path / "pictures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), shade).save(path)
    table = tmp_path / "captions.csv"
    table.write_text('file,caption,who\n2.jpg,"two, or more",x\n1.png,one,y\n3,three,x\n1.png,a one,z\nmore,none,z\n')
    loaded = data.load_captions(tmp_path / "pictures", table, batch_size=3)
    captions = {}
    for batch in loaded.take(20):
        for image, text in zip(numbers_of(batch), texts_of(loaded, batch, "captions"), strict=True):
            captions.setdefault(int(image), set()).add(text)
    assert captions == {10: {"one", "a one"}, 20: {"two or more"}, 30: {"three"}}
    table.write_text("file,caption\n1.png,one\n2.png,two\n")
    with pytest.raises(ValueError, match="1 of 3 images without one"):
        data.load_captions(tmp_path / "pictures", table, batch_size=3)
    table.write_text("file,name\n1.png,one\n")
    with pytest.raises(ValueError, match='columns "file" and "caption"'):
        data.load_captions(tmp_path / "pictures", table, batch_size=3)
    with pytest.raises(ValueError, match="goes with a folder"):
        data.load_captions(numbered(3), table, batch_size=3)


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        (["one", "two"], "2 entries for 3 images"),
        (["one", "one", "one"], "every caption that there is"),
        (["one", [], "two"], "at least one"),
        (["one", " .", "two"], "empty captions"),
        (np.zeros((3, 2, 2, 2)), "shape"),
        (np.full((3, 2), np.nan), "NaN"),
        (-np.ones((3, 2), int), "at least 0"),
        (None, "no captions of its own"),
        ([1, 2, 3], "path of a table"),
    ],
)
def test_bad_captions_are_named(captions, message):
    with pytest.raises(ValueError, match=message):
        data.load_captions(numbered(3), captions, batch_size=3)


def test_a_given_tokenizer_is_used_and_checked():
    tokenizer = Tokenizer(("", "[UNK]", "one", "two", "three"), length=2)
    loaded = data.load_captions(numbered(3), ["one two three", "two", "three"], batch_size=3, tokenizer=tokenizer)
    (batch,) = loaded.one_pass()
    assert batch["captions"].numpy().tolist() == [[2, 3], [3, 0], [4, 0]]
    with pytest.raises(ValueError, match="Tokenizer"):
        data.load_captions(numbered(3), list("abc"), batch_size=3, tokenizer=str.split)
