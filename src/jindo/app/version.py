"""The version that results and `jindo --version` state."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("jindo")
except PackageNotFoundError:  # run from a checkout that was not installed
    VERSION = "0"
