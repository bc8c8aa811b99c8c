"""The version of Jindo that `jindo --version` and results state; a test holds it to the package's."""

VERSION = "0.1.0"
