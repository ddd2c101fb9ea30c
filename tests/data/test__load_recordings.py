"""Batches of waveforms: which parts of which recordings, and from where a run resumes."""

import numpy as np
import pytest
import soundfile

from keras_gan import data


def numbered(folder, lengths, rate=8000):
    """Recording k holds the levels 1000 k, 1000 k + 1, ..., so that a sample says where it is from."""
    for number, length in enumerate(lengths):
        waveform = (1000 * number + np.arange(length)).astype("int16")
        soundfile.write(folder / f"{number % 2}_{number}.wav", waveform, rate)
    return data.Recordings(folder, pattern=r"(?P<label>\d)_\d+")


def levels(batches):
    return np.rint(np.concatenate([batch["waveforms"] for batch in batches])[..., 0] * 2**15).astype(int)


def test_each_recording_comes_once_an_epoch_with_another_part_in_each(tmp_path):
    source = numbered(tmp_path, [50] * 6)
    got = levels(data.load_recordings(source, num_samples=20, batch_size=4).take(30))
    for epoch in got.reshape(20, 6, 20):
        assert sorted(epoch[:, 0] // 1000) == list(range(6))
    starts = got[:, 0] % 1000
    np.testing.assert_array_equal(got, got[:, :1] + np.arange(20))
    # All parts from the first to the last are drawn.
    assert (starts.min(), starts.max()) == (0, 30)


def test_short_ones_are_followed_by_silence_and_one_pass_has_the_middles(tmp_path):
    source = numbered(tmp_path, [8, 20])
    for batches in (
        data.load_recordings(source, num_samples=12, batch_size=2).take(1),
        data.load_recordings(source, num_samples=12, batch_size=1).one_pass(),
    ):
        got = {row[0] // 1000: row for row in levels(batches)}
        np.testing.assert_array_equal(got[0], [*range(8), 0, 0, 0, 0])
    np.testing.assert_array_equal(got[1], 1004 + np.arange(12))


def test_batches_from_step_k_are_those_with_k_batches_skipped_bit_for_bit(tmp_path):
    options = {"num_samples": 16, "batch_size": 2, "seed": 3, "labels": True}
    source = numbered(tmp_path, [40, 10, 300])
    whole = data.load_recordings(source, **options)
    later = data.load_recordings(source, start_step=2, **options).from_step(3)
    for one, other in zip(whole.skip(5).take(4), later, strict=False):
        np.testing.assert_array_equal(one["waveforms"], other["waveforms"])
        np.testing.assert_array_equal(one["labels"], other["labels"])


def test_labels_are_those_of_the_recordings_and_the_data_set_says_what_it_holds(tmp_path):
    loaded = data.load_recordings(
        numbered(tmp_path, [30] * 4), sample_rate=16000, num_samples=16, batch_size=2, labels=True
    )
    batch = next(iter(loaded))
    assert (loaded.steps_per_epoch, loaded.num_recordings, loaded.sample_rate) == (2, 4, 16000)
    assert (loaded.class_names, loaded.num_classes, loaded.sample_shape) == (("0", "1"), 2, (16, 1))
    assert {name: (tuple(spec.shape), spec.dtype.name) for name, spec in loaded.element_spec.items()} == {
        "waveforms": ((2, 16, 1), "float32"),
        "labels": ((2,), "int32"),
    }
    np.testing.assert_array_equal(np.rint(batch["waveforms"][:, 8, 0] * 2**15 / 1000) % 2, batch["labels"])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch_size": 3}, r'The split "all" has 2 recordings, fewer than one batch. Pass `batch_size=2`'),
        ({"num_samples": 0}, "`num_samples` must be an integer of at least 1"),
        ({"sample_rate": 8e3}, "`sample_rate` must be an integer"),
        ({"source": np.zeros((2, 8))}, "give them to `fit`"),
        ({"labels": 1}, "`labels` must be True or False"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        data.load_recordings(**{"source": numbered(tmp_path, [8, 8]), "num_samples": 8, "batch_size": 2} | options)


def test_a_folder_may_be_given_which_has_no_labels(tmp_path):
    numbered(tmp_path, [8, 8])
    assert set(data.load_recordings(tmp_path, num_samples=8, batch_size=2).element_spec) == {"waveforms"}
    with pytest.raises(ValueError, match="The recordings have no labels"):
        data.load_recordings(tmp_path, num_samples=8, batch_size=2, labels=True)


def test_more_silence_than_sound_is_warned_of(tmp_path):
    with pytest.warns(UserWarning, match=r"^75% of the waveforms is silence.*half have at most 8 samples"):
        data.load_recordings(numbered(tmp_path, [8, 8]), num_samples=32, batch_size=2)
