"""Writes a large zip of incompressible members, the same in every run.

In: path, number of members, octets per member. Out: the file; on stdout the SHA-256 of each member, one per line.
"""

import hashlib
import random
import sys
import zipfile

path, members, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
    for number in range(members):
        content = random.Random(number).randbytes(length)
        # A fixed date: the archive must not depend on when it is made.
        archive.writestr(zipfile.ZipInfo(f"part-{number:04}.bin", (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        print(hashlib.sha256(content).hexdigest())
