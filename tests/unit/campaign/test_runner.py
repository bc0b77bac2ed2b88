import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.batteries.small_campaign import amend

from megabar.campaign.runner import Campaign
from megabar.campaign.store import Store
from megabar.errors import PlanError, StoreError

DAY = "raw/cell-1/day-030.5"


def run(folder: Path, **how):
    return Campaign.open(folder).run(workers=0, **how)


def dump(folder: Path) -> str:
    with Store.open(folder / "store", "r") as store:
        return store.dump()


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def numbers(folder: Path):
    """Current numbers without the ids that tell one plan from another."""
    return {
        (row.channel, row.source, row.node, row.name): (row.value, row.std)
        for row in Campaign.open(folder).rows()
        if np.isfinite(row.value)
    }


# --- a run, and the next --------------------------------------------------------------------------


def test_a_run_does_everything_and_writes_nothing_among_the_raw_data(raw: Path):
    before = files(raw / "raw")
    told = []
    outcome = run(raw, progress=lambda *words: told.append(words))
    assert (outcome.done, outcome.skipped, outcome.failed, outcome.warnings) == (16, 0, (), ())
    assert [(done, total) for _, done, total in told] == [(k, 16) for k in range(1, 17)]
    assert files(raw / "raw") == before
    assert {path.name for path in raw.iterdir()} == {
        "campaign.toml", "raw", "simulation.toml", "store", "truth.json",
    }  # fmt: skip


def test_a_second_run_rewrites_nothing(done: Path):
    store = done / "store"
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in store.rglob("*") if p.is_file()}
    assert run(done).done == 0
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in store.rglob("*") if p.is_file()}
    del before[store / "lock"], after[store / "lock"]
    assert after == before


def test_workers_give_the_same_store_as_one_process(raw: Path, done_once: Path):
    Campaign.open(raw).run(workers=2)
    assert dump(raw) == dump(done_once)


def test_a_deleted_database_is_rebuilt_from_archive_and_plan(done: Path):
    before = dump(done)
    (done / "store" / "campaign.sqlite").unlink()
    run(done)
    assert dump(done) == before


def test_a_rebuild_needs_no_raw_file(done: Path):
    before = numbers(done)
    shutil.rmtree(done / "raw")
    assert run(done, rebuild=True).failed == ()
    assert numbers(done) == before
    assert not any(row.present for row in Campaign.open(done).acquisitions())


def test_a_folder_that_was_renamed_before_a_rebuild_counts_once(done: Path):
    before = {(key[0], *key[2:]): value for key, value in numbers(done).items() if DAY in key[1]}
    shutil.move(done / DAY, done / "raw/cell-1/day-renamed")
    assert run(done, rebuild=True).failed == ()
    after = numbers(done)
    renamed = {(k[0], *k[2:]): v for k, v in after.items() if "day-renamed" in k[1]}
    assert renamed == before
    assert not any(DAY in key[1] for key in after)


def test_numbers_of_absent_files_follow_the_plan(done: Path):
    shutil.rmtree(done / DAY)
    amend(done, '(name = "63Cu-fid"\n(?:.+\n)*?shape = )"gaussian"', r'\1"lorentzian"')
    old = numbers(done)
    assert run(done).failed == ()
    key = ("63Cu-fid", f"{DAY}/63Cu_fid", "63Cu", "fwhm")
    assert numbers(done)[key] != old[key]


def test_only_new_files_are_worked_on(raw: Path, done_once: Path):
    late = raw / DAY
    late.rename(raw / "later")
    assert run(raw).done == 11
    (raw / "later").rename(late)
    outcome = run(raw)
    assert (outcome.done, outcome.skipped) == (5, 11)
    assert numbers(raw) == numbers(done_once)


def test_another_run_at_the_same_time_is_refused(raw: Path):
    with (
        Store.open(raw / "store", "w"),
        pytest.raises(StoreError, match="is writing into store"),
    ):
        run(raw)


# --- failures -------------------------------------------------------------------------------------


def test_a_broken_file_fails_alone_with_reason_and_remedy(raw: Path, done_once: Path):
    broken = raw / DAY / "63Cu_fid" / "fid"
    broken.write_bytes(broken.read_bytes()[:1000])
    outcome = run(raw)
    (read,) = (row for row in outcome.failed if row.stage == "read")
    assert (read.cell, read.channel) == ("cell-1", "63Cu-fid")
    assert read.source == f"{DAY}/63Cu_fid"
    assert read.kind == "TruncatedData"
    assert read.remedy
    others = {key: value for key, value in numbers(done_once).items() if DAY not in key[1]}
    assert {key: value for key, value in numbers(raw).items() if DAY not in key[1]} == others
    lost = {row.source.split("/")[-1] for row in outcome.failed if row.stage == "derive"}
    assert lost == {"1H_fid", "139La_echo"}  # no copper, no shift; the content does not need it
    assert ("1H-fid", f"{DAY}/1H_fid", "content", "h_per_metal") in numbers(raw)


def test_a_mended_file_is_done_by_the_next_run_and_its_failure_is_forgotten(
    raw: Path, done_once: Path
):
    place = raw / DAY / "63Cu_fid" / "fid"
    whole = place.read_bytes()
    place.write_bytes(whole[:1000])
    assert run(raw).failed
    place.write_bytes(whole)
    assert run(raw).failed == ()
    assert dump(raw) == dump(done_once)


def test_a_failure_that_stays_is_not_written_again(raw: Path):
    place = raw / DAY / "63Cu_fid" / "fid"
    place.write_bytes(place.read_bytes()[:1000])
    run(raw)
    database = raw / "store" / "campaign.sqlite"
    before = database.stat().st_mtime_ns
    assert run(raw).done == 1
    assert database.stat().st_mtime_ns == before


def test_a_question_that_the_file_leaves_open_is_kept_with_its_candidates(raw: Path):
    amend(raw, 'array = "vdlist"\n', "", times=2)
    acqus = raw / DAY / "1H_satrec"
    (acqus / "vclist").write_text("1\n2\n")
    outcome = run(raw)
    asked = [row for row in outcome.failed if row.argument == "array"]
    assert asked
    assert all("vdlist" in " ".join(row.candidates) for row in asked)


def test_a_file_without_a_date_asks_the_plan(raw: Path):
    place = raw / DAY / "63Cu_fid" / "acqus"
    kept = [line for line in place.read_text().splitlines(True) if "DATE" not in line]
    place.write_text("".join(kept))
    (failure,) = (row for row in run(raw).failed if row.stage == "read")
    assert failure.argument == "started_at"
    assert "no place in time" in failure.message
    with (raw / "decisions.toml").open("a") as stream:
        stream.write(f'[[file]]\npath = "{DAY}/63Cu_fid"\nstarted_at = 2026-02-10T00:00:00\n')
    assert run(raw).failed == ()


def test_a_failure_names_no_folder_of_this_machine(raw: Path):
    for place in raw.rglob("fid"):
        place.write_bytes(b"")
    told = " ".join(f"{row.message} {row.remedy}" for row in run(raw).failed)
    assert told
    assert str(raw) not in told


# --- changes --------------------------------------------------------------------------------------


def test_a_changed_raw_file_is_a_new_record_and_the_old_one_stays(done: Path):
    place = done / DAY / "1H_fid" / "fid"
    values = np.frombuffer(place.read_bytes(), dtype="<f8")
    place.write_bytes((2 * values).tobytes())
    old = numbers(done)
    assert run(done).done == 1
    new = numbers(done)
    key = ("1H-fid", f"{DAY}/1H_fid", "1H", "amplitude")
    assert new[key][0] == pytest.approx(2 * old[key][0], rel=1e-6)
    with Store.open(done / "store", "r") as store:
        rows = [row for row in store.acquisitions() if row.source == f"{DAY}/1H_fid"]
    assert len(rows) == 2
    (before,) = (row for row in rows if row.superseded_by)
    (after,) = (row for row in rows if row.superseded_by is None)
    assert before.superseded_by == after.id
    assert after.supersedes == before.id
    assert (done / "store" / "archive" / before.archive).is_file()


def test_a_file_that_went_back_to_what_it_was_counts_as_it_did(done: Path):
    before = numbers(done)
    place = done / DAY / "1H_fid" / "fid"
    whole = place.read_bytes()
    place.write_bytes((2 * np.frombuffer(whole, dtype="<f8")).tobytes())
    run(done)
    place.write_bytes(whole)
    run(done)
    assert numbers(done) == before


def test_supersession_survives_a_rebuild(done: Path):
    place = done / DAY / "1H_fid" / "fid"
    place.write_bytes((2 * np.frombuffer(place.read_bytes(), dtype="<f8")).tobytes())
    run(done)
    before = numbers(done)
    with Store.open(done / "store", "r") as store:
        acquisitions = store.acquisitions()
    run(done, rebuild=True)
    assert numbers(done) == before
    with Store.open(done / "store", "r") as store:
        assert store.acquisitions() == acquisitions


def test_new_processing_in_a_raw_folder_changes_nothing(done: Path):
    (done / DAY / "1H_fid" / "pdata" / "1").mkdir(parents=True)
    (done / DAY / "1H_fid" / "pdata" / "1" / "1r").write_bytes(b"processed")
    assert run(done).done == 0


def test_a_raw_folder_that_is_gone_keeps_its_numbers_and_says_so(done: Path):
    before = numbers(done)
    shutil.move(done / DAY, done / "away")
    outcome = run(done)
    assert (outcome.done, outcome.failed) == (0, ())
    assert numbers(done) == before
    absent = [row for row in Campaign.open(done).acquisitions() if not row.present]
    assert {Path(row.source).name for row in absent} == {
        "63Cu_fid", "1H_fid", "1H_satrec", "139La_echo", "139La_hahn",
    }  # fmt: skip
    shutil.move(done / "away", done / DAY)
    run(done)
    assert all(row.present for row in Campaign.open(done).acquisitions())


def test_a_renamed_raw_folder_is_the_same_record(done: Path):
    shutil.move(done / DAY, done / "raw/cell-1/day-renamed")
    outcome = run(done)
    assert outcome.failed == ()
    rows = Campaign.open(done).acquisitions()
    assert len(rows) == 16
    assert all(row.present for row in rows)
    assert not any(DAY in row.source for row in rows)


def test_a_copied_raw_folder_counts_once_and_the_copy_is_told(done: Path):
    before = numbers(done)
    shutil.copytree(done / DAY / "63Cu_fid", done / "raw/cell-1/day-zz/63Cu_fid")
    (failure,) = run(done).failed
    assert failure.source == "raw/cell-1/day-zz/63Cu_fid"
    assert f"same bytes as {DAY}/63Cu_fid" in failure.message
    assert numbers(done) == before


def test_another_shape_makes_new_numbers_and_marks_the_old_ones(done: Path):
    amend(done, '(name = "63Cu-fid"\n(?:.+\n)*?shape = )"gaussian"', r'\1"lorentzian"')
    assert run(done).done == 4  # three in the cell, one outside
    with Store.open(done / "store", "r") as store:
        every = store.analyses(superseded=True)
        ids = {row.id for row in store.analyses()}
    copper = [row for row in every if row.step == "copper"]
    assert len(copper) == 8
    assert sum(row.superseded_by is None for row in copper) == 4
    assert {row.superseded_by for row in copper if row.superseded_by} <= ids


def test_a_plan_that_went_back_gives_the_numbers_that_it_gave(done: Path):
    before = numbers(done)
    text = (done / "campaign.toml").read_text()
    amend(done, '(name = "63Cu-fid"\n(?:.+\n)*?shape = )"gaussian"', r'\1"lorentzian"')
    run(done)
    assert numbers(done) != before
    (done / "campaign.toml").write_text(text)
    run(done)
    assert numbers(done) == before


def test_another_decision_for_the_reader_reads_again(done: Path):
    with (done / "decisions.toml").open("a") as stream:
        stream.write(f'[[file]]\npath = "{DAY}/1H_fid"\nrepetition_time = "20 ms"\n')
    old = numbers(done)[("1H-fid", f"{DAY}/1H_fid", "content", "h_per_metal")]
    assert run(done).done == 1
    new = numbers(done)[("1H-fid", f"{DAY}/1H_fid", "content", "h_per_metal")]
    assert new[0] < old[0]  # longer between scans: less saturation, so fewer protons


def test_an_excluded_file_stays_in_the_archive_and_its_numbers_do_not_enter(done: Path):
    with (done / "decisions.toml").open("a") as stream:
        stream.write(f'[[file]]\npath = "{DAY}/1H_fid"\nexclude = "probe detuned"\n')
    before = numbers(done)
    outcome = run(done)
    assert (outcome.done, outcome.failed) == (0, ())
    gone = {key for key in before if key[1] == f"{DAY}/1H_fid"}
    assert {"content", "1H"} == {key[2] for key in gone}
    assert numbers(done) == {key: value for key, value in before.items() if key not in gone}
    (row,) = (r for r in Campaign.open(done).acquisitions() if r.excluded)
    assert row.excluded == "probe detuned"
    assert row.archive.is_file()
    (done / "decisions.toml").unlink()
    run(done)
    assert numbers(done) == before


def test_an_excluded_file_that_cannot_be_read_is_no_failure(raw: Path):
    (raw / DAY / "63Cu_fid" / "fid").write_bytes(b"")
    with (raw / "decisions.toml").open("a") as stream:
        stream.write(f'[[file]]\npath = "{DAY}/63Cu_fid"\nexclude = "disk was full"\n')
    assert [row.stage for row in run(raw).failed] == ["derive", "derive"]


def test_a_channel_taken_out_of_the_plan_takes_its_numbers_with_it(done: Path):
    amend(done, r'\[\[channel\]\]\nname = "139La-hahn"\n(?:.+\n)+', "")
    run(done)
    channels = {row.channel for row in Campaign.open(done).rows()}
    assert "139La-hahn" not in channels
    reasons = {row.excluded for row in Campaign.open(done).acquisitions(channel="139La-hahn")}
    assert reasons == {"no channel of the plan takes this file"}


def test_numbers_that_can_no_longer_be_had_are_withdrawn(done: Path):
    amend(done, '(name = "139La-echo"\n(?:.+\n)*?)shape', r'\1until = "2 us"\nshape')
    failed = run(done).failed
    assert [row.channel for row in failed if row.stage == "observe"] == ["139La-echo"] * 3
    rows = Campaign.open(done).rows()
    assert not any(row.name == "h_per_metal" or row.channel == "139La-echo" for row in rows)


# --- damage ---------------------------------------------------------------------------------------


def test_a_lost_archive_file_is_read_again(done: Path):
    before = dump(done)
    lost = next((done / "store" / "archive" / "cell-1").glob("*1H*.nc"))
    lost.unlink()
    assert run(done).done == 1
    assert dump(done) == before


def test_a_damaged_archive_file_is_told_at_a_rebuild_and_costs_no_other(done: Path):
    hurt = next((done / "store" / "archive" / "cell-1").glob("*-1H-*.nc"))
    content = bytearray(hurt.read_bytes())
    content[len(content) // 2] ^= 0xFF
    hurt.write_bytes(content)
    outcome = run(done, rebuild=True)
    assert any(hurt.name in sentence for sentence in outcome.warnings)
    assert [row.stage for row in outcome.failed if row.stage == "read"] == ["read"]
    hurt.unlink()
    assert run(done).failed == ()


# --- answers --------------------------------------------------------------------------------------


def test_a_campaign_opens_from_its_plan_its_folder_and_its_store(done_once: Path, monkeypatch):
    opened = Campaign.open(done_once)
    assert Campaign.open(done_once / "campaign.toml") == opened
    assert Campaign.open(done_once / "store") == opened
    monkeypatch.chdir(done_once)
    assert Campaign.open("campaign.toml").store_folder == opened.store_folder


def test_a_folder_without_a_plan_is_told(tmp_path: Path):
    with pytest.raises(PlanError, match="there is no such file"):
        Campaign.open(tmp_path)


def test_each_number_says_where_it_comes_from(done_once: Path):
    for row in Campaign.open(done_once).rows():
        assert row.unit
        assert row.method
        assert row.provenance.startswith("{")
        assert (done_once / row.source).exists()
        assert len(row.source_sha256) == 64


def test_a_record_loads_as_it_was_read(done_once: Path):
    opened = Campaign.open(done_once)
    (record,) = (r for r in opened.acquisitions(channel="1H-fid") if r.source == f"{DAY}/1H_fid")
    loaded = opened.load(record)
    stored = np.frombuffer((done_once / DAY / "1H_fid" / "fid").read_bytes(), dtype="<f8")
    points = loaded.sizes["time"]
    assert np.array_equal(loaded["signal"].values[0].real, stored[0::2][:points])
    assert record.elapsed == pytest.approx(30.5, abs=0.1)


def test_before_the_first_run_everything_is_found_and_missing(raw: Path):
    lines = Campaign.open(raw).status()
    assert sum(line.found for line in lines) == 16
    assert sum(line.missing for line in lines) == 16
    assert {line.day for line in lines} == {None}
    with pytest.raises(StoreError, match="nothing was run yet"):
        Campaign.open(raw).rows()


def test_status_counts_cells_days_and_channels(done: Path):
    (done / DAY / "63Cu_fid" / "fid").write_bytes(b"")
    with (done / "decisions.toml").open("a") as stream:
        stream.write(f'[[file]]\npath = "{DAY}/1H_fid"\nexclude = "probe detuned"\n')
    shutil.rmtree(done / DAY / "139La_hahn")
    run(done)
    lines = {(line.day, line.channel): line for line in Campaign.open(done).status()}
    assert {day for day, _ in lines} == {None, -1, 0, 30}
    assert lines[30, "139La-echo"].done == 1
    assert lines[30, "63Cu-fid"].failed == 1
    assert lines[30, "1H-fid"].excluded == 1
    assert (lines[30, "139La-hahn"].absent, lines[30, "139La-hahn"].done) == (1, 1)
    assert sum(line.found for line in lines.values()) == 16
    assert sum(line.missing for line in lines.values()) == 0


def test_an_unforeseen_error_in_one_file_is_a_failure_of_that_file(raw: Path, monkeypatch):
    from megabar.observables import lines

    measure = lines.line

    def breaks(data, **told):
        if data.attrs["nucleus"] == "63Cu":
            raise ZeroDivisionError("a defect")
        return measure(data, **told)

    monkeypatch.setattr(lines, "line", breaks)
    outcome = run(raw)
    hurt = [row for row in outcome.failed if row.stage == "observe"]
    assert len(hurt) == 4
    assert {row.kind for row in hurt} == {"ZeroDivisionError"}
    assert all("Please report it" in row.remedy for row in hurt)


def test_a_run_touches_no_time_of_a_raw_file(raw: Path):
    times = {p: p.stat().st_mtime_ns for p in (raw / "raw").rglob("*")}
    run(raw)
    assert {p: p.stat().st_mtime_ns for p in (raw / "raw").rglob("*")} == times


def test_a_run_of_a_plan_that_checks_the_field_doubts_a_wrong_one(done: Path):
    amend(done, 'field = "9.28 T"', 'field = "7.05 T"')
    run(done)
    told = {sentence for row in Campaign.open(done).rows() for sentence in row.warnings}
    assert any("does not fit 1H at 7.05 T" in sentence for sentence in told)
