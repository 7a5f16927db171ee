"""The version of the program, as releases are numbered (https://semver.org)."""

__version__ = "0.1.0"
