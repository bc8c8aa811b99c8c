"""What every test shares: hypothesis profiles, the real data, and an honest count of skips.

* `ci` is derandomised, so that a run can be repeated; `dev` looks further at random.
* A test marked `realdata` skips where the data is absent. Any other skip fails the run.
* The number of skips is printed, also when it is zero.
"""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,  # the first example compiles the kernel
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("dev", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def find_data_dir() -> Path | None:
    """The folder of real data, or None where this machine has none.

    `$JINDO_DATA` wins; a wrong one is an error, not a reason to skip.
    """
    named = os.environ.get("JINDO_DATA")
    if named is not None:
        if not Path(named).is_dir():
            raise pytest.UsageError(f"JINDO_DATA={named} is not a folder")
        return Path(named)
    beside = ROOT.parent / "shared" / "data"
    return beside if beside.is_dir() else None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; only tests marked `realdata` may ask for it."""
    found = find_data_dir()
    if found is None:
        pytest.skip("no real data: neither ../shared/data nor $JINDO_DATA is there")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for the data says so by its marker."""
    unmarked = [
        item.nodeid
        for item in items
        if "data_dir" in getattr(item, "fixturenames", ()) and item.get_closest_marker("realdata") is None
    ]
    if unmarked:
        raise pytest.UsageError(f"uses data_dir without the marker realdata: {', '.join(unmarked)}")


class SkipCount:
    """Counts skips, and fails the run where something else than `realdata` was skipped."""

    def __init__(self) -> None:
        self.realdata: list[str] = []
        self.other: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # An expected failure is reported as skipped too, but carries its reason.
        if report.skipped and not hasattr(report, "wasxfail"):
            (self.realdata if "realdata" in report.keywords else self.other).append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.other.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.other and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        total = len(self.realdata) + len(self.other)
        terminalreporter.write_line(f"skipped: {total} ({len(self.realdata)} for want of the real data)")
        for nodeid in self.other:
            terminalreporter.write_line(f"not allowed to skip: {nodeid}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    # PySpark takes a program without a file, as xdist's workers are, for its own doctests, and ends it.
    sys.modules["__main__"].__dict__.setdefault("__file__", __file__)
    os.environ.pop(
        "COLUMNS", None
    )  # xdist hands on a width, and what a command prints into a pipe has its own
    config.pluginmanager.register(SkipCount(), "jindo-skip-count")
