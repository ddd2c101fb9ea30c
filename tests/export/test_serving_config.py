"""The files that TensorFlow Serving is started with, read by its own definitions."""

import re

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_gan import export


@pytest.fixture
def models(tmp_path):
    for name in ("digits/1", "digits/2", "shoes/1", "empty", "digits.unfinished/.unfinished-1"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("digits/1", "digits/2", "shoes/1", "digits.unfinished/.unfinished-1"):
        (tmp_path / name / "saved_model.pb").touch()
    return tmp_path


def _parse(path):
    return text_format.Parse(path.read_text(), model_server_config_pb2.ModelServerConfig()).model_config_list.config


def test_every_model_with_a_version_is_listed(models):
    config, _ = export.write_serving_config(models)
    assert [(model.name, model.base_path) for model in _parse(config)] == [
        ("digits", "/models/digits"),
        ("shoes", "/models/shoes"),
    ]
    assert {model.model_platform for model in _parse(config)} == {"tensorflow"}
    assert config == models / "models.config"


def test_what_is_asked_for_is_what_is_listed(models):
    config, _ = export.write_serving_config(models, ["shoes"], base_path="/srv/gans/", num_versions=2)
    (model,) = _parse(config)
    assert model.base_path == "/srv/gans/shoes"
    assert model.model_version_policy.latest.num_versions == 2


@pytest.mark.parametrize(
    "max_batch_size, allowed", [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (64, [1, 2, 4, 8, 16, 32, 64])]
)
def test_batches_are_padded_to_a_few_sizes_of_which_the_last_is_the_largest(models, max_batch_size, allowed):
    # The message of this file is not among those of the package, whose session_bundle_config.proto is left out.
    _, batching = export.write_serving_config(models, max_batch_size=max_batch_size, batch_timeout_micros=0)
    text = batching.read_text()
    assert re.search(r"^max_batch_size { value: (\d+) }$", text, re.M).group(1) == str(max_batch_size)
    assert re.search(r"^batch_timeout_micros { value: 0 }$", text, re.M)
    assert [int(size) for size in re.findall(r"^allowed_batch_sizes: (\d+)$", text, re.M)] == allowed


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"models": ["digitz"]}, r"There are: digits, shoes\. Received: models=\['digitz'\]"),
        ({"models": ["empty"]}, r"with a version that .*save` wrote"),
        ({"models": []}, r"Received: models=\[\]"),
        ({"base_path": "models"}, r"must be an absolute path .* Received: base_path='models'"),
        ({"base_path": '/a"b'}, r"must be an absolute path"),
        ({"num_versions": 0}, r"`num_versions` must be an integer of at least 1"),
        ({"max_batch_size": 0}, r"`max_batch_size` must be an integer of at least 1"),
        ({"batch_timeout_micros": -1}, r"`batch_timeout_micros` must be an integer of at least 0"),
    ],
)
def test_bad_arguments(models, arguments, message):
    with pytest.raises(ValueError, match=message):
        export.write_serving_config(models, **arguments)
    assert not (models / "models.config").exists()


def test_a_folder_without_models(tmp_path):
    with pytest.raises(ValueError, match="There are: none"):
        export.write_serving_config(tmp_path)


def test_a_name_that_is_no_address(tmp_path):
    (tmp_path / "my digits" / "1").mkdir(parents=True)
    (tmp_path / "my digits" / "1" / "saved_model.pb").touch()
    with pytest.raises(ValueError, match=r"Rename the folder. Received: models=\['my digits'\]"):
        export.write_serving_config(tmp_path)


def test_a_full_disk_keeps_what_was_there(models, full_disk):
    config, _ = export.write_serving_config(models, ["shoes"])
    before = config.read_text()
    full_disk()
    with pytest.raises(ValueError, match=r"No file can be written in `directory` \(No space left on device\)"):
        export.write_serving_config(models)
    assert config.read_text() == before


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(ValueError, match=r"There is none. Received: directory='.*modles'"):
        export.write_serving_config(tmp_path / "modles")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("models", [5, [5], {"digits": 1}])
def test_models_that_are_no_names(tmp_path, models):
    with pytest.raises(ValueError, match=r"`models` must be a list of names, or None. Received: models="):
        export.write_serving_config(tmp_path, models)
