"""Reports licenses and known vulnerabilities of what the locks pin: ``make audit``.

Licenses are those of the installed packages' metadata, and of the native libraries inside their wheels; one
that is not in an argued list fails. Vulnerabilities are looked up in a file of OSV records (``ADVISORIES=``);
without one the report says that nobody has looked, and ``--require-advisories`` makes that a failure. Nothing
is asked of the network.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import Marker
from rich.console import Console
from rich.table import Table

from ops.tools.audit import advisories, licenses, natives
from ops.tools.lock import Pin, read_lock

ROOT = Path(__file__).resolve().parents[3]
RUNS, TESTS = "runs", "tests"


@dataclass(frozen=True)
class Row:
    """A pinned package as it is installed here.

    Attributes:
        where: ``runs`` for what images are made of, ``tests`` for the rest.
        license: of its own code.
        natives: what its wheel brings beside that.
        problems: what nobody has argued for.
    """

    pin: Pin
    where: str
    license: str
    natives: tuple[natives.Native, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything that the locks pin.

    Attributes:
        elsewhere: pins of other platforms and Pythons, which are not installed here: not looked at.
    """

    rows: tuple[Row, ...]
    elsewhere: tuple[Pin, ...]

    @property
    def problems(self) -> list[str]:
        """What nobody has argued for."""
        return [problem for row in self.rows for problem in row.problems]


def examine(runs: Sequence[Pin], tests: Sequence[Pin]) -> Report:
    """Look at each pin's package; those of ``runs`` with what is inside their wheels."""
    shipped = {pin.name for pin in runs}
    rest = [pin for pin in tests if pin.name not in shipped]
    here = [(pin, RUNS) for pin in runs] + [(pin, TESTS) for pin in rest]
    ours = [(pin, where) for pin, where in here if not pin.marker or Marker(pin.marker).evaluate()]
    elsewhere = [pin for pin, _ in here if all(pin is not other for other, _ in ours)]
    return Report(tuple(_row(pin, where) for pin, where in ours), tuple(elsewhere))


def _row(pin: Pin, where: str) -> Row:
    try:
        package = distribution(pin.name)
    except PackageNotFoundError:
        return Row(pin, where, licenses.UNKNOWN, (), (f"{pin.name} is not installed: `make setup-dev`",))
    if package.version != pin.version:
        problem = f"{pin.name} {package.version} is installed, not {pin.version}: `make setup-dev`"
        return Row(pin, where, licenses.UNKNOWN, (), (problem,))
    return judged(pin, where, package)


def judged(pin: Pin, where: str, package: Distribution) -> Row:
    """Return a package's row; what only tests use may be argued for, what runs may not."""
    told = licenses.license_of(package)
    bundled = natives.natives_of(package, pin.name) if where == RUNS else []
    problems = []
    if not licenses.allows(told) and (where == RUNS or pin.name not in licenses.ARGUED):
        problems.append(
            f"{pin.name}: license {told} is not allowed: see ALLOWED in ops/tools/audit/licenses.py"
        )
    problems += [
        f"{pin.name} brings {native.name}, license {native.license}: see ops/tools/audit/natives.py"
        for native in bundled
        if not licenses.allows(native.license, natives.ALLOWED_NATIVE)
        and (pin.name, native.name) not in natives.ARGUED
    ]
    return Row(pin, where, told, tuple(bundled), tuple(problems))


def show(report: Report, console: Console) -> None:
    """Print the report's tables."""
    table = Table("package", "version", "license", "for", "brings", title="pinned packages")
    for row in sorted(report.rows, key=lambda row: (row.where, row.pin.name)):
        count = f"{len(row.natives)} native" if row.natives else ""
        table.add_row(row.pin.name, row.pin.version, row.license, row.where, count)
    console.print(table)
    table = Table("in the wheel of", "license", "libraries and programs", title="native code in wheels")
    for row in report.rows:
        by_license = defaultdict(list)
        for native in row.natives:
            why = natives.ARGUED.get((native.package, native.name))
            about = f"{native.name} {native.version}".strip()
            by_license[native.license].append(f"{about} ({why})" if why else about)
        for told in sorted(by_license):
            table.add_row(row.pin.name, told, ", ".join(by_license[told]))
    console.print(table)
    if report.elsewhere:
        names = ", ".join(f"{pin.name} {pin.version} ({pin.marker})" for pin in report.elsewhere)
        console.print(f"audit: NOT CHECKED, for other platforms: {names}")
    for name, why in licenses.ARGUED.items():
        console.print(f"audit: argued for: {name}: {why}")
    console.print("audit: what is linked into an extension module is not seen: its wheel's own notices tell")


def look_up(data: Path | None, pins: Iterable[Pin], console: Console) -> bool | None:
    """Print what is known against the pins; returns whether nothing is, ``None`` if nobody looked."""
    if data is None:
        console.print(
            "audit: advisories NOT CHECKED: no data. Fetch osv.dev's PyPI/all.zip and name it by"
            " ADVISORIES=, or have pip-audit read requirements.lock"
        )
        return None
    try:
        checked = advisories.check(data, pins)
    except (OSError, ValueError) as error:
        console.print(f"audit: advisories NOT CHECKED: {error}")
        return None
    console.print(
        f"audit: {len(checked.found)} advisories among {checked.records:,} records, the newest of"
        f" {checked.newest or 'no date'}; younger ones are not known, nor those of native code in wheels"
    )
    for each in checked.found:
        fixed = f"fixed in {', '.join(each.fixed)}" if each.fixed else "no fixed version"
        console.print(f"audit: {each.package} {each.version}: {each.id}: {each.summary} ({fixed})")
    return not checked.found


def main(arguments: Sequence[str]) -> int:
    """Audit the locks; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--advisories", type=Path, help="OSV records: PyPI/all.zip of osv.dev, or JSON")
    parser.add_argument("--require-advisories", action="store_true", help="fail where there is no data")
    options = parser.parse_args(arguments)
    console = Console(width=140, soft_wrap=True)
    runs = read_lock((ROOT / "requirements.lock").read_text())
    tests = read_lock((ROOT / "requirements-dev.lock").read_text())
    setup = read_lock((ROOT / "requirements-setup.lock").read_text())
    report = examine(runs, [*tests, *setup])
    show(report, console)
    clean = look_up(options.advisories, [*runs, *tests, *setup], console)
    for problem in report.problems:
        console.print(f"audit: {problem}")
    copyleft = sorted(f"{package}: {library}" for package, library in natives.ARGUED)
    console.print(
        f"audit: {len(report.rows)} licenses looked at, {len(report.problems)} not allowed;"
        f" copyleft, argued for: {', '.join(copyleft)}"
    )
    unchecked = (options.require_advisories or options.advisories is not None) and clean is None
    return 1 if report.problems or clean is False or unchecked else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
