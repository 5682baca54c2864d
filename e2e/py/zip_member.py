"""Reads one member of a zip over HTTP, by ranges, through fsspec.

In: URL, name of the member. Out, on stdout: JSON {"members": N, "sha256": "…"}.
"""

import hashlib
import json
import sys
import zipfile

import fsspec

url, name = sys.argv[1:]
with fsspec.open(url, "rb", block_size=64 * 1024) as remote, zipfile.ZipFile(remote) as archive:
    content = archive.read(name)
    print(json.dumps({"members": len(archive.namelist()), "sha256": hashlib.sha256(content).hexdigest()}))
