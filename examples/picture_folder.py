"""A folder of images, and what becomes of each of them in another folder."""


def require_folders(folder, out, flag):
    """Return the two folders without links; raise an error if the first is none, or both are the same.

    Args:
        folder: `pathlib.Path`, of the images.
        out: `pathlib.Path`, where the results go.
        flag: the name of the flag that names the first.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no such folder. Received: --{flag}={folder}")
    folder, out = folder.resolve(), out.resolve()
    if folder == out:
        raise ValueError(
            f"Give another --out than --{flag}, because the results have the names of the images. "
            f"Received: --{flag}={folder} --out={out}"
        )
    return folder, out


def convert(folder, out, *, read, change, flag):
    """Convert the images of a folder, and those in the folders below it, to PNG files with the same names.

    Args:
        folder: `pathlib.Path`.
        out: `pathlib.Path`, where the results go.
        read: function of a path that returns what `change` takes. Files for which it raises an error are left out.
        change: function that returns the bytes of a PNG file.
        flag: the name of the flag that names the folder.

    Returns:
        int, how many were converted. Files that are left out are named.

    Raises:
        ValueError: if there is no image.
    """
    # Not at the top: a wrong flag should not wait for TensorFlow.
    from keras_gan._files import is_fault_of_computer, write_atomically

    folder, out = require_folders(folder, out, flag)
    done, left_out = set(), []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        # What an earlier call has written is no image to convert.
        if folder in out.parents and out in path.parents:
            continue
        to = (out / path.relative_to(folder)).with_suffix(".png")
        # a.jpg next to a.png.
        to = to.with_name(f"{path.name}.png") if to in done else to
        try:
            image = read(path)
        # Pillow raises errors of many classes for damaged files.
        except Exception as error:
            if is_fault_of_computer(error):
                raise
            left_out.append(f"{path.name} ({error})")
            continue
        content = change(image)
        to.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(to, content)
        done.add(to)
    if left_out:
        print(f"Left out {len(left_out)} files: {', '.join(left_out[:3])}{', ...' * (len(left_out) > 3)}")
    if not done:
        raise ValueError(f"The folder holds no image to {flag}. Received: --{flag}={folder}")
    return len(done)
