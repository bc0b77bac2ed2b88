"""Where a number comes from can be traced, and does not depend on order or place."""

import hashlib
import json

from megabar import provenance


def test_digest_of_a_file_is_that_of_hashlib(tmp_path):
    path = tmp_path / "fid"
    path.write_bytes(b"x" * 3_000_000)
    assert provenance.sha256_of_file(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_digest_of_a_folder_depends_on_the_files_read_and_on_nothing_else(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "acqus").write_text("##$TD= 8")
        (tmp_path / folder / "fid").write_bytes(bytes(32))
    (tmp_path / "b" / "notes.txt").write_text("new processing")
    first = provenance.sha256_of_files(tmp_path / "a", ["fid", "acqus"])
    assert provenance.sha256_of_files(tmp_path / "b", ["acqus", "fid"]) == first
    (tmp_path / "b" / "fid").write_bytes(bytes(31) + b"x")
    assert provenance.sha256_of_files(tmp_path / "b", ["acqus", "fid"]) != first


def test_record_is_one_line_with_sorted_keys():
    line = provenance.record(step="spectra.trim", parameters={"b": 1, "a": 2}, inputs=["0"])
    entry = json.loads(line)
    assert "\n" not in line
    assert list(entry) == sorted(entry)
    assert entry["version"] == provenance.package_version()
