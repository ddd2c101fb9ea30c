"""Which folders are versions of a model, as TensorFlow Serving sees them."""


def version_folders(directory):
    """Return the folders in a directory that are named by a number and hold a SavedModel, by that number."""
    folders = (path.parent for path in directory.glob("*/saved_model.pb"))
    return sorted((folder for folder in folders if is_version(folder)), key=lambda folder: int(folder.name))


def is_version(path):
    """Whether a path is named by a number, whatever it holds."""
    return path.name.isascii() and path.name.isdigit()
