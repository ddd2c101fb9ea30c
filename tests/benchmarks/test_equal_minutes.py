"""The benchmark of networks after equal time: its contenders, and the steps that they take in it."""

import pytest
from absl.testing import flagsaver


@pytest.fixture(scope="module")
def script(load_script):
    """The script as a module, its flags at their defaults."""
    module = load_script("benchmarks", "equal_minutes.py")
    module.FLAGS(["equal_minutes.py", "--data_dir=none"])
    return module


def test_a_contender_with_other_settings_is_another_run(script):
    first, second = script._contenders.dcgan, script._contenders.r3gan
    contender = script._contenders.Contender
    assert contender(first).fingerprint == contender(first).fingerprint
    assert len({contender(first).fingerprint, contender(second).fingerprint, contender(first, 32).fingerprint}) == 3


def test_the_steps_of_a_run_are_counted_once(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "steps_in", lambda contender, minutes: 70 * minutes)
    with flagsaver.flagsaver(minutes=2.0):
        assert script.planned_steps("dcgan", tmp_path / "run") == 140
        monkeypatch.delattr(script, "steps_in")
        assert script.planned_steps("dcgan", tmp_path / "run") == 140


@pytest.mark.long
@pytest.mark.parametrize("name", ["dcgan", "sn_hinge", "stylegan2", "r3gan", "vit", "adversarial_flow"])
def test_each_contender_draws_pictures_of_the_data(script, name):
    assert list(script._contenders.ALL) == ["dcgan", "sn_hinge", "stylegan2", "r3gan", "vit", "adversarial_flow"]
    gan = script._contenders.ALL[name].make((32, 32, 1), 10, 0)
    assert gan.compiled
    assert gan.generate(2, seed=0).shape == (2, 32, 32, 1)
