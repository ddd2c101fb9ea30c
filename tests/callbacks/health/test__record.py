"""The record of a run's health, with a probe that costs nothing."""

import json
import warnings

import numpy as np
import pytest

import keras_gan
from keras_gan.callbacks import Checkpoint, TrainingDiverged, TrainingHealth
from keras_gan.callbacks.health import training_health
from keras_gan.callbacks.health._illnesses import VitalSigns
from keras_gan.callbacks.health._record import HealthRecord

IMAGES = np.random.default_rng(0).uniform(-0.9, 0.9, (64, 4, 4, 1)).astype("float32")


def read(directory):
    return json.loads((directory / "health.json").read_text())


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The function that trains for some epochs of four steps, with a checkpoint, and returns the record."""

    def probe(step, number):
        return VitalSigns(*[0.5] * len(VitalSigns._fields))._replace(diversity=1.0 + step), []

    monkeypatch.setattr(training_health, "HealthProbe", lambda *_: probe)

    def train(epochs, name="run", callbacks=(), *, rollbacks=0):
        networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=4)
        gan = keras_gan.NonSaturatingGAN(*networks, seed=0)
        gan.compile(run_eagerly=True)
        checkpoint = Checkpoint(tmp_path / name, every=3, unit="step")
        health = TrainingHealth(IMAGES, every=4, directory=tmp_path / name, checkpoint=checkpoint, rollbacks=rollbacks)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Step ", UserWarning)
            gan.fit(IMAGES, batch_size=16, epochs=epochs, verbose=0, callbacks=[*callbacks, health, checkpoint])
        return read(tmp_path / name)

    return train


@pytest.mark.long
def test_each_probe_is_in_the_record_with_what_it_measured(run):
    probes = run(2)
    assert [probe["step"] for probe in probes] == [0, 1, 2, 3, 4, 6, 8]
    assert all(probe["diversity"] == 1.0 + probe["step"] for probe in probes)
    assert all(probe["illnesses"] == probe["warnings"] == [] for probe in probes)


def test_a_record_that_resumes_forgets_the_steps_that_are_done_again(tmp_path):
    record = HealthRecord(tmp_path)
    record.begin(0)
    for step in (0, 4, 8):
        record.add(step, {})
    resumed = HealthRecord(tmp_path)
    resumed.begin(5)
    resumed.add(8, {}, ["collapse"])
    assert [(probe["step"], probe["illnesses"]) for probe in read(tmp_path)] == [(0, []), (4, []), (8, ["collapse"])]


@pytest.mark.long
def test_a_run_that_is_killed_and_resumes_has_the_record_of_one_that_was_not(run, meddle):
    def kill(gan):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(2, callbacks=[meddle(7, kill)])
    assert run(2) == run(2, "unbroken")


def test_a_run_that_begins_has_a_new_record(tmp_path):
    (tmp_path / "health.json").write_text("[]")
    record = HealthRecord(tmp_path)
    for _ in range(2):
        record.begin(0)
        record.add(5, {}, ["collapse"], ["Step 5: it has collapsed."])
    assert read(tmp_path) == [{"step": 5, "illnesses": ["collapse"], "warnings": ["Step 5: it has collapsed."]}]


@pytest.mark.long
def test_steps_that_training_goes_back_from_leave_the_record(run, meddle, spoil):
    probes = run(2, callbacks=[meddle(7, lambda gan: spoil(gan.generator), times=1)], rollbacks=1)
    assert [probe["step"] for probe in probes] == [0, 1, 2, 3, 4, 6, 8]
    assert ["rollback 1 of 1" in "".join(probe["warnings"]) for probe in probes] == [
        step == 6 for step in (0, 1, 2, 3, 4, 6, 8)
    ]


@pytest.mark.long
def test_the_record_ends_with_why_training_diverged(run, meddle, spoil, tmp_path):
    with pytest.raises(TrainingDiverged):
        run(2, callbacks=[meddle(5, lambda gan: spoil(gan.generator))])
    last = read(tmp_path / "run")[-1]
    assert last["warnings"][0].startswith("Training diverged at step 6: d_loss = nan")


@pytest.mark.parametrize("content", ["not JSON", '{"step": 1}', '[{"stop": 1}]', "[1]"])
def test_a_file_that_is_no_record_is_not_continued(tmp_path, content):
    (tmp_path / "health.json").write_text(content)
    with pytest.raises(ValueError, match=r"not one of TrainingHealth\. Move it away.*Received: file='.*health\.json'"):
        HealthRecord(tmp_path).begin(5)


def test_another_worker_writes_nothing(tmp_path):
    record = HealthRecord(tmp_path)
    record.begin(0, writes=False)
    record.add(1, {})
    record.note(1, "a warning")
    assert not (tmp_path / "health.json").exists()


def test_a_record_that_cannot_be_written_gives_one_warning(tmp_path):
    record = HealthRecord(tmp_path / "gone")
    record.begin(0)
    (tmp_path / "gone").rmdir()
    record.add(1, {})
    record.add(2, {})
    with pytest.warns(UserWarning, match=r"Training continues without the newest probes in .*health\.json"):
        record.warn()
    record.warn()
