"""A folder of images with a table of their attributes."""

import numpy as np
import pytest
from PIL import Image

from keras_gan import data

CELEBA = "3\nMale Smiling Young\n1.jpg  -1  1 -1\n2.jpg   1  1 -1\n3.jpg  -1 -1  1\n"
ROWS = [[0, 1, 0], [1, 1, 0], [0, 0, 1]]


def folder_of(tmp_path, names=("1.png", "2.png", "3.png")):
    for number, name in enumerate(names):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 5 * number).save(path)
    return tmp_path / "faces"


def table_of(tmp_path, content=CELEBA, name="list_attr.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def labels_of(source, split="train"):
    return source.read(split, lambda image: image).labels.tolist()


@pytest.mark.parametrize(
    "content",
    [
        CELEBA,
        CELEBA.removeprefix("3\n"),
        CELEBA.replace("Male", "file Male"),
        "image_id,Male,Smiling,Young\n1.jpg,-1,1,-1\n2.jpg,1,1,-1\n3.jpg,-1,-1,1\n",
        "\ufeff,Male,Smiling,Young\r\n3.png, 0, 0, 1\r\n1.png, 0, 1, 0\r\n2.png, 1, 1, 0\r\n",
        "id,Male,Smiling,Young\n1,False,True,False\n2,True,True,False\n3,False,False,True\n",
    ],
)
def test_the_table_is_that_of_celeba_or_a_csv_file(tmp_path, content):
    source = data.AttributeFolder(folder_of(tmp_path), table_of(tmp_path, content))
    assert source.attributes == ("Male", "Smiling", "Young")
    assert labels_of(source) == ROWS


def test_attributes_are_chosen_by_name_and_in_this_order(tmp_path):
    source = data.AttributeFolder(folder_of(tmp_path), table_of(tmp_path), ["Young", "Male"])
    loaded = data.load(source, batch_size=2, labels=True)
    assert (loaded.class_names, loaded.num_classes) == (("Young", "Male"), 2)
    assert labels_of(source) == [[row[2], row[0]] for row in ROWS]
    one = data.AttributeFolder(folder_of(tmp_path), table_of(tmp_path), ("Male",))
    assert labels_of(one) == [[row[0]] for row in ROWS]


def test_labels_stay_with_their_images_in_batches_splits_and_files(tmp_path):
    names = [f"{number:02d}.png" for number in range(40)]
    content = "Even Low\n" + "".join(
        f"{name} {1 - number % 2 * 2} {int(number < 20) * 2 - 1}\n" for number, name in enumerate(names)
    )
    folder, table = folder_of(tmp_path, names), table_of(tmp_path, content)
    source = data.AttributeFolder(folder, table)
    options = {"labels": True, "batch_size": 4, "split": "train", "seed": 5}
    in_memory, cached = data.load(source, **options), data.load(source, **options, cache_dir=tmp_path / "cache")
    for (images, labels), (same_images, same_labels) in zip(in_memory.take(20), cached, strict=False):
        numbers = np.rint((images.numpy()[:, 0, 0, 0] + 1) * 25.5)
        np.testing.assert_array_equal(labels, np.stack([numbers % 2 == 0, numbers < 20], axis=-1))
        np.testing.assert_array_equal(images, same_images)
        np.testing.assert_array_equal(labels, same_labels)
    # Other attributes are read from the same file.
    other = data.AttributeFolder(folder, table, ["Low"])
    loaded = data.load(other, **options, cache_dir=tmp_path / "cache")
    np.testing.assert_array_equal(next(iter(loaded))[1], next(iter(in_memory))[1][:, 1:])
    assert len([path for path in (tmp_path / "cache").iterdir() if path.is_dir()]) == 1


def test_a_file_that_is_skipped_takes_its_row_along(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "2.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="Left out 1 of 3 image files"):
        assert labels_of(data.AttributeFolder(folder, table_of(tmp_path), skip_corrupt=True)) == [ROWS[0], ROWS[2]]


def test_one_table_serves_all_splits(tmp_path):
    folder = folder_of(tmp_path, ("train/1.png", "train/2.png", "test/3.png"))
    source = data.AttributeFolder(folder, table_of(tmp_path))
    assert labels_of(source, "train") == ROWS[:2]
    assert labels_of(source, "test") == ROWS[2:]


def test_a_name_with_a_slash_is_a_path_below_the_folder(tmp_path):
    folder = folder_of(tmp_path, ("ann/1.png", "ann/2.png", "bob/1.png"))
    table = table_of(tmp_path, "file,Male\nann/1.png,0\nann/2.png,1\nbob/1.png,1\n")
    assert labels_of(data.AttributeFolder(folder, table)) == [[0], [1], [1]]
    with pytest.raises(ValueError, match=r"Two images have the same name.*ann/1.png, .*bob/1.png"):
        data.load(data.AttributeFolder(folder, table_of(tmp_path)), batch_size=1)


def test_rows_without_an_image_are_counted_and_named(tmp_path):
    source = data.AttributeFolder(folder_of(tmp_path, ("2.png",)), table_of(tmp_path))
    with pytest.warns(UserWarning, match=r"Left out 2 of 3 rows of the table .*no image: 1, 3$") as caught:
        data.load(source, batch_size=1)
    assert caught[0].filename == __file__


def test_images_without_a_row_are_counted_and_named(tmp_path):
    source = data.AttributeFolder(folder_of(tmp_path, ("1.png", "7.png", "8.png")), table_of(tmp_path))
    with pytest.raises(ValueError, match=r"2 of 3 images without a row, .*7.png, .*8.png; .*3 rows, such as '1'"):
        data.load(source, batch_size=1)


@pytest.mark.parametrize(
    "attributes, message",
    [
        (["Smilling"], r"no such attribute. Did you mean 'Smiling'\? It has: Male, Smiling, Young"),
        ("Male", r"`attributes` must be a list of names.*Received: attributes='Male'"),
        ([], r"`attributes` must be a list of names"),
        (["Male", "Male"], r"Each attribute can be used once"),
        ([None], r"no such attribute"),
    ],
)
def test_attributes_that_are_not_in_the_table(tmp_path, attributes, message):
    with pytest.raises(ValueError, match=message):
        data.AttributeFolder(folder_of(tmp_path), table_of(tmp_path), attributes)


@pytest.mark.parametrize(
    "content, message",
    [
        ("", r"with 0 rows and 0 attributes"),
        ("3\n", r"with 0 rows and 0 attributes"),
        ("Male Young\n", r"with 0 rows and 2 attributes"),
        (CELEBA.replace("3\n", "4\n", 1), r"with 3 rows and 3 attributes, where the first line says 4 rows"),
        (CELEBA + "4.jpg 1\n", r"a row of 2 cells: \['4.jpg', '1'\]"),
        (CELEBA.replace("3\nM", "M") + "1.png 1 1 1\n", r"two rows for one image.*'1.jpg' and '1.png'"),
        (CELEBA.replace("-1  1 -1", "-1  2 -1"), r"Received: 'Smiling' with the values -1, 1, 2"),
        (CELEBA.replace("-1  1 -1", "-1  0 -1"), r"either 0 or -1.*'Smiling' with the values -1, 0, 1"),
        (b"\xff\xfe\x00", r"must be a text file"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        data.AttributeFolder(folder_of(tmp_path), table_of(tmp_path, content))


def test_a_table_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError):
        data.AttributeFolder(folder_of(tmp_path), tmp_path / "none.csv")
