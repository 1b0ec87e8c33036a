"""The version of the package: heed's own, which stands in one header."""

import pathlib
import re


def dynamic_metadata(settings, project):
    here = pathlib.Path(__file__).resolve().parent.parent
    for root in (here / "heed_source", here.parent):  # of the source distribution, of the repository
        header = root / "include" / "heed" / "version.hpp"
        if header.is_file():
            return {"version": ".".join(re.findall(r"#define HEED_VERSION_\w+ (\d+)", header.read_text()))}
    raise RuntimeError("include/heed/version.hpp is missing")
