"""Native libraries and programs inside wheels: a package's metadata speaks of its own code alone."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path

from ops.tools.audit.licenses import ALLOWED, UNKNOWN

GCC_RUNTIME = "GPL-3.0-or-later WITH GCC-exception-3.1"

ALLOWED_NATIVE = {
    **ALLOWED,
    "BSD-3-Clause-Clear": "keep the notice",
    "FTL": "FreeType's: keep the notice",
    "IJG": "keep the notice",
    "libpng-2.0": "keep the notice",
    "libtiff": "keep the notice",
    "OpenSSL": "keep the notice",
    "X11": "keep the notice",
    GCC_RUNTIME: "GCC's exception: what is compiled with it is free",
    "LGPL-2.0-or-later": "a library of its own file, which may be replaced; its source goes with an image",
    "LGPL-2.1-or-later": "the same",
    "LGPL-3.0-or-later": "the same",
}
"""SPDX ids that a bundled library may have without a word in ``ARGUED``."""

_NATIVE = re.compile(r"\.(so(\.[\w.]+)?|dylib|dll)$")
_EXTENSION = re.compile(r"\.(cpython-[\w-]+|abi3)\.so$|(^|/)_[\w.-]+\.so$|\.cp\d+-win\w*\.pyd$")
_HASHED = re.compile(r"-[0-9a-f]{6,8}(?=$|[-.])")
_MAGIC = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ")

LIBRARIES: Mapping[str, str] = {
    "libaom": "BSD-2-Clause",
    "libasound": "LGPL-2.1-or-later",
    "libavcodec": "LGPL-2.1-or-later",
    "libavdevice": "LGPL-2.1-or-later",
    "libavfilter": "LGPL-2.1-or-later",
    "libavformat": "LGPL-2.1-or-later",
    "libavif": "BSD-2-Clause",
    "libavutil": "LGPL-2.1-or-later",
    "libbrotlicommon": "MIT",
    "libbrotlidec": "MIT",
    "libcrypto": "OpenSSL",
    "libdav1d": "BSD-2-Clause",
    "libdrm": "MIT",
    "libfreetype": "FTL",
    "libgfortran": GCC_RUNTIME,
    "libgmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libgnutls": "LGPL-2.1-or-later",
    "libharfbuzz": "MIT",
    "libhogweed": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libjpeg": "IJG AND BSD-3-Clause AND Zlib",
    "liblcms2": "MIT",
    "liblzma": "0BSD",
    "libmp3lame": "LGPL-2.0-or-later",
    "libnettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libonnxruntime": "MIT",
    "libonnxruntime_providers_shared": "MIT",
    "libopenblasp": "BSD-3-Clause",
    "libopencore-amrnb": "Apache-2.0",
    "libopencore-amrwb": "Apache-2.0",
    "libopenjp2": "BSD-2-Clause",
    "libopus": "BSD-3-Clause",
    "libpng16": "libpng-2.0",
    "libquadmath": "LGPL-2.1-or-later",
    "libscipy_openblas64_": "BSD-3-Clause",
    "libsharpyuv": "BSD-3-Clause",
    "libssl": "OpenSSL",
    "libSvtAv1Enc": "BSD-3-Clause-Clear",
    "libswresample": "LGPL-2.1-or-later",
    "libswscale": "LGPL-2.1-or-later",
    "libtiff": "libtiff",
    "libunistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libvpl": "MIT",
    "libvpx": "BSD-3-Clause",
    "libwebp": "BSD-3-Clause",
    "libwebpdemux": "BSD-3-Clause",
    "libwebpmux": "BSD-3-Clause",
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libXau": "X11",
    "libxcb": "X11",
    "libxcb-shape": "X11",
    "libxcb-shm": "X11",
    "libxcb-xfixes": "X11",
    "libzstd": "BSD-3-Clause OR GPL-2.0-only",
    "tansu": "Apache-2.0",
}
"""License of each library, from its own project; FFmpeg's as it is without ``--enable-gpl``. A wheel does not
say: one with a library that is not here is reported until somebody has looked it up."""

ARGUED = {
    ("av", "libx264"): "GPL: our encoder, in the composition image only; NOTICE says what that asks for",
    ("av", "libx265"): "GPL: comes with it and is loaded, though nothing of ours encodes with it; NOTICE",
    ("pillow", "libimagequant"): "GPL: Pillow's list names it as optional, and the wheel is built without",
}
"""By package and library: what is not in the list above, and why it may be there all the same."""


@dataclass(frozen=True, order=True)
class Native:
    """A library or program that a package brings.

    Attributes:
        package: whose wheel it is in.
        name: without the hash that a wheel's builder put into it.
        version: as its file or the wheel's own list says; may be empty.
        license: an SPDX expression, or ``unknown``.
    """

    package: str
    name: str
    version: str
    license: str


def natives_of(package: Distribution, name: str) -> list[Native]:
    """Return what a package brings beside its Python code and extension modules."""
    listed = dict(_listed(package))
    found = {}
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if _is_native(file.as_posix(), path):
            library, version = _name_of(path.name)
            told = LIBRARIES.get(library, UNKNOWN)
            found[library] = Native(name, library, listed.get(library, (version, ""))[0] or version, told)
    for library, (version, told) in listed.items():
        if told and library not in found:
            found[library] = Native(name, library, version, told)
    return sorted(found.values())


def _is_native(name: str, path: Path) -> bool:
    if _EXTENSION.search(name) or path.suffix in {".py", ".pyc", ".pyi"}:
        return False
    return bool(_NATIVE.search(path.name)) or _is_program(path)


def _is_program(path: Path) -> bool:
    try:
        if not path.stat().st_mode & 0o111:
            return False
        with path.open("rb") as file:
            return file.read(4).startswith(_MAGIC)
    except OSError:
        return False


@cache
def _name_of(file: str) -> tuple[str, str]:
    """Return library and version of a file like ``libx264-d6533a8d.so.165``."""
    name, _, version = file.partition(".so")
    stem = _HASHED.sub("", name.removesuffix(".dylib").removesuffix(".dll"))
    library = re.sub(r"-(r\d[\w.]*|[0-9a-f]{8})$", "", stem)  # OpenBLAS's names end in a release
    return library, version.lstrip(".")


def _listed(package: Distribution) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield name, version and license of what a wheel's own bills of materials (CycloneDX) name."""
    for file in package.files or ():
        if file.name.endswith(".cdx.json") and "sboms" in file.parts:
            for part in json.loads(file.read_text()).get("components", ()):
                if (part.get("purl") or "").startswith("pkg:pypi/"):
                    continue  # the package itself
                ids = [each["license"].get("id", UNKNOWN) for each in part.get("licenses") or ()]
                yield part["name"], (part.get("version") or "", " AND ".join(ids))
