"""Several machines share a run: each does its shard, and `report merge` makes one record of theirs."""

import collections
import fcntl
import json
import re
import shutil

import pytest

from keyward_process import TIME_LIMIT, Keyward, Result
from organizations import A, B, C, account, assert_rotated, keys, organization, overdue
from sandbox_process import Sandbox

SHARDS = 4
# At noon, so that both runs have the same date.
WORLD = ("--seed", 23, "--accounts", 24, "--users", 6, "--propagation", "50ms", "--start", "2026-06-01T12:00:00Z")

def keyward_in(directory, sandbox):
    """Mail goes to the accounts' addresses only: who owns keys in accounts of several shards gets one from each."""
    notify = {"sender": "keyward@example.org", "channels": [{"type": "file"}], "owner": []}
    return Keyward(directory, sandbox.environment, notify=notify)


def shards(keyward, count, *arguments, **environment):
    return [keyward("run", "--shard", f"{i}/{count}", *arguments, **environment) for i in range(1, count + 1)]


def at_once(keyward, count):
    """The shards as processes side by side on one state folder; their records in the order of the shards."""
    processes = [keyward.start("run", "--shard", f"{i}/{count}") for i in range(1, count + 1)]
    for process in processes:
        _, stderr = process.communicate(timeout=TIME_LIMIT)
        assert process.returncode == 0, stderr
    folders = list((keyward.state_dir / "runs").iterdir())
    parts = [Result(0, "", "", folder) for folder in folders]
    return sorted(parts, key=lambda part: part.summary["shard"]["index"])


def merge(keyward, out, results, *options):
    return keyward("report", "merge", "--out", out, *options, *[one.directory for one in results])


def record(folder):
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return json.loads((folder / "run.json").read_text()), events, (folder / "report.html").read_text()


TIMES = {"time", "run", "request_id"}
OF_THE_PROCESS = {
    "run", "started", "finished", "seed", "merged_from", "clock_offset_seconds", "api_calls", "api_throttled", "api_retried",
}
STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)|\d{8}T\d{6}Z-[0-9a-f]{4}")


def without_times(event):
    """A date in words stands for a second of the virtual clock; what counts is the day."""
    kept = {name: value for name, value in event.items() if name not in TIMES}
    for name in ("due", "next_at"):
        if name in kept:
            kept[name] = kept[name][:10]
    # Chance, of the simulated AWS.
    if "new_access_key_id" in kept:
        kept["new_access_key_id"] = "made by this run"
    if "secret" in kept:
        kept["secret"] = kept["secret"].rpartition("-")[0]
    return {name: STAMP.sub("TIME", value) if isinstance(value, str) else value for name, value in kept.items()}


def lines(events):
    return [json.dumps(without_times(event), sort_keys=True) for event in events]


def page(html, events):
    """The page without times, ids of runs, of requests and of new keys, how long it took, and API calls, which are compared apart."""
    for event in events:
        if "new_access_key_id" in event:
            # The arrow, because an old key may end like it.
            html = html.replace(f"→ …{event['new_access_key_id'][-4:]}<", "→ …NEW<")
    html = STAMP.sub("TIME", html)
    html = re.sub(r"(took|after) [^<]*<", r"\1<", html)
    html = re.sub(r'(class="request">)[^<]*<', r"\1<", html)
    html = re.sub(r"<dt>Merged from</dt><dd>[^<]*</dd>", "", html)
    html = re.sub(r"<dt>(API calls|Clock)</dt><dd>[^<]*</dd>", "", html)
    return re.sub(r"<details><summary>API calls by action.*?</details>", "", html, flags=re.S)


def keys_of(state):
    return {
        (number, name): [(key["created"], key["status"]) if key["created"] < "2026-06" else key["status"] for key in user["keys"]]
        for number, one in state["accounts"].items()
        for name, user in one["users"].items()
    }


def test_the_records_of_four_shards_merge_into_the_record_of_one_process(tmp_path):
    with Sandbox(*WORLD) as sandbox:
        sandbox.snapshot()
        one = keyward_in(tmp_path / "one", sandbox)
        single = one("run").expect(0)
        alone = merge(one, tmp_path / "alone", [single]).expect(0)
        state = sandbox.state()
        sandbox.restore()
        four = keyward_in(tmp_path / "four", sandbox)
        parts = at_once(four, SHARDS)
        merged = merge(four, tmp_path / "merged", parts).expect(0)
        assert keys_of(sandbox.state()) == keys_of(state)

    summary, events, html = record(single.directory)
    alone_summary, alone_events, alone_html = record(tmp_path / "alone")
    merged_summary, merged_events, merged_html = record(tmp_path / "merged")

    covered = [part.summary["accounts_covered"] for part in parts]
    assert all(covered) and sum(covered) == summary["accounts_covered"] > SHARDS
    for name in set(summary) - OF_THE_PROCESS:
        assert merged_summary[name] == summary[name] == alone_summary[name], name
    assert merged_summary["merged_from"] == [part.summary["run"] for part in parts]

    # Every call but those that tell who calls and list the organization, which each shard makes.
    assert merged_summary["api_throttled"] == summary["api_throttled"] == 0
    assert set(merged_summary["api_calls"]) == set(summary["api_calls"])
    for action, count in summary["api_calls"].items():
        of_each = action.startswith("organizations:")
        got = merged_summary["api_calls"][action]
        if action == "sts:GetCallerIdentity":
            # A new key is tried until IAM has spread it: three times, or more often.
            proofs = 3 * summary["outcomes"]["rotate"]["done"]
            assert count >= proofs + 1 and got >= proofs + SHARDS
            continue
        assert got == count * (SHARDS if of_each else 1), action

    assert any(event["event"] == "notice" for event in events)
    assert collections.Counter(lines(merged_events)) == collections.Counter(lines(events))
    assert lines(merged_events) == lines(alone_events)
    accounts = [event.get("account", "~") for event in merged_events]
    assert accounts == sorted(accounts)
    assert {event["run"] for event in merged_events} == {merged_summary["run"]}
    assert page(merged_html, merged_events) == page(alone_html, alone_events)
    assert "24 of 24 accounts" in merged.stdout and "24 of 24 accounts" in alone.stdout


def test_a_shard_says_which_part_it_is_and_does_only_that(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        done = {}
        for shard in (1, 2):
            result = keyward("run", "--shard", f"{shard}/2").expect(0)
            summary = result.summary
            assert summary["shard"] == {"index": shard, "count": 2, "accounts_in_organization": 4}
            assert f"{shard} of 2: {summary['accounts_total']} of 4 accounts" in result.stdout
            assert f"{summary['accounts_participating']} of {summary['accounts_participating']} account" in result.stdout
            assert not summary["uncovered"]
            done[shard] = {event["account"] for event in result.events if event["event"] == "account"}
        assert done[1] | done[2] == {A, B, C} and not done[1] & done[2]
        state = sandbox.state()
        for number, user in ((A, "alice"), (B, "bob"), (C, "carol")):
            assert_rotated(state, number, user)
        audits = [json.loads(keyward("-o", "json", "audit", "--exit-zero", "--shard", f"{i}/2").expect(0).stdout) for i in (1, 2)]
        assert [one["totals"]["shard"] for one in audits] == ["1/2", "2/2"]
        assert sorted(key["account"] for one in audits for key in one["keys"]) == sorted([A, A, B, B, C, C])
        assert "every account of this shard covered" in keyward("audit", "--exit-zero", "--shard", "1/2").stdout
        assert keyward("recover", "--shard", "2/2").expect(0).summary["shard"]["index"] == 2


@pytest.mark.parametrize(
    "environment, code, said",
    [
        ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "2"}, 0, "1 of 2: "),
        ({"JOB_COMPLETION_INDEX": "1", "JOB_COMPLETIONS": "2"}, 0, "2 of 2: "),
        ({"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "2"}, 2, "name no shard"),
        ({"JOB_COMPLETION_INDEX": "-1", "JOB_COMPLETIONS": "2"}, 2, "name no shard"),
        ({"JOB_COMPLETION_INDEX": "0"}, 2, "JOB_COMPLETIONS is not"),
        ({"JOB_COMPLETIONS": "2"}, 2, "JOB_COMPLETION_INDEX is not"),
    ],
)
def test_an_indexed_job_of_kubernetes_needs_no_option(tmp_path, environment, code, said):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True)
        result = keyward("run", **environment).expect(code)
        assert said in result.stdout + result.stderr
        if code == 2:
            assert not sandbox.calls()["counts"]
        # The option wins, and what goes through no accounts has no shard.
        assert "2 of 3: " in keyward("run", "--shard", "2/3", **environment).expect(0).stdout
        keyward("inventory", **environment).expect(0)


@pytest.mark.parametrize("shard", ["0/4", "5/4", "-1/4", "1/0", "1/1001", "1", "1/", "/4", "1/4/2", "a/b", "1.5/4", " 1/4", "+1/4"])
def test_nonsense_is_refused_before_any_call(tmp_path, shard):
    keyward = Keyward(tmp_path, {"AWS_REGION": "us-east-1"})
    result = keyward("run", f"--shard={shard}").expect(2)
    assert "is no shard" in result.stderr and not keyward.state_dir.exists()


def test_max_changes_is_dealt_out_to_the_shards(tmp_path):
    numbers = [f"{i:012}" for i in range(200000000000, 200000000012)]
    with organization(*[account(number, overdue("a"), overdue("b")) for number in numbers]) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, limits={"max_changes": 5})
        parts = [part.expect(6) for part in shards(keyward, 3)]
        shares = [part.summary["limits"]["max_changes_of_this_shard"] for part in parts]
        assert shares == [2, 2, 1]
        assert [part.summary["outcomes"]["rotate"]["done"] for part in parts] == shares
        state = sandbox.state()
        assert sum(len(keys(state, number, user)) - 1 for number in numbers for user in "ab") == 5
        merged = merge(keyward, tmp_path / "merged", parts).expect(6)
        summary = json.loads((tmp_path / "merged" / "run.json").read_text())
        assert summary["limits"]["max_changes"] == 5 and "max_changes_of_this_shard" not in summary["limits"]
        assert summary["held_back"] == 24 - 5 and "19 held back" in merged.stdout


def test_a_merge_refuses_what_is_not_one_whole_run(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True)
        one, two, three = shards(keyward, 3)
        whole = keyward("run")
        recovery = keyward("recover", "--list", "--shard", "3/3")
        keyward.configure(policy={"rotate_after_days": 60})
        other = keyward("run", "--shard", "3/3")

        def refused(said, *results, options=()):
            result = merge(keyward, tmp_path / "refused", results, *options).expect(2)
            assert said in result.stderr and not (tmp_path / "refused").exists(), result.stderr

        refused("shards 2/3 are missing", one, three)
        refused("shard 1/3 is there twice", one, one, two, three)
        refused("different divisions", one, two, three, whole)
        refused("different commands", one, two, recovery)
        refused("different configurations", one, two, other)
        for name in ("run.json", "events.jsonl"):
            text = (two.directory / name).read_text()
            (two.directory / name).write_text(text[:-20])
            result = merge(keyward, tmp_path / f"damaged-{name}", (one, two, three)).expect(2)
            assert str(two.directory) in result.stderr
            assert not (tmp_path / f"damaged-{name}" / "run.json").exists()
            (two.directory / name).write_text(text)
        events = two.directory / "events.jsonl"
        text = events.read_text()
        for cut in ("".join(text.splitlines(keepends=True)[:-1]), ""):
            events.write_text(cut)
            result = merge(keyward, tmp_path / f"cut-{len(cut)}", (one, two, three)).expect(2)
            assert f"{events} holds {cut.count(chr(10))} events and the record says {text.count(chr(10))}" in result.stderr
        events.write_text(text)

        # Without names: of each shard the newest, a repetition included, and nothing but shards of `run`.
        # Records are begun at whole seconds of AWS's clock.
        sandbox.advance("1m")
        again = keyward("run", "--shard", "3/3")
        alone = keyward("run")
        assert "different configurations" in keyward("report", "merge", "--out", tmp_path / "newest").expect(2).stderr
        sandbox.advance("1m")
        last = shards(keyward, 3)
        sandbox.advance("1m")
        last[1] = keyward("run", "--shard", "2/3")
        keyward("report", "merge", "--out", tmp_path / "newest").expect(0)
        assert record(tmp_path / "newest")[0]["merged_from"] == [part.summary["run"] for part in last]
        assert not {again.summary["run"], alone.summary["run"]} & set(record(tmp_path / "newest")[0]["merged_from"])
        for part in (again, alone, *last):
            shutil.rmtree(part.directory)

        # By the ids of the runs too, and never over another record.
        ids = [part.summary["run"] for part in (one, two, three)]
        keyward("report", "merge", "--out", tmp_path / "merged", *ids).expect(0)
        assert "holds something" in merge(keyward, tmp_path / "merged", (one, two, three)).expect(2).stderr


def test_a_partial_merge_says_first_what_is_missing(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True)
        parts = shards(keyward, 3)
        missing = parts.pop(1).summary["accounts_total"]
        result = merge(keyward, tmp_path / "merged", parts, "--partial").expect(4)
        assert "SHARDS MISSING: 2/3" in result.stdout.split("\n\n")[1]
        summary, _, html = record(tmp_path / "merged")
        assert summary["shards_missing"] == ["2/3"] and summary["accounts_missing"] == missing
        assert summary["exit_code"] == 4
        assert "1 shard MISSING" in html and "Every account was covered" not in html
        assert merge(keyward, tmp_path / "csv", parts, "--partial", "-o", "csv").expect(4).stdout.count("2/3") == 1


def test_the_worst_exit_code_is_that_of_the_merged_run(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.edit("delete_role", account=B, role="keyward-rotate")
        parts = shards(keyward, 2)
        assert sorted(part.code for part in parts) == [0, 4]
        merged = merge(keyward, tmp_path / "merged", parts).expect(4)
        assert B in merged.stdout and "NOT COVERED: 1 of 3 accounts" in merged.stdout


def test_shards_share_a_state_folder_and_keep_out_of_each_others_accounts(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("run", "--shard", "1/2").expect(0)
        folder = keyward.state_dir / "shards"
        before = sandbox.state_bytes()
        with open(folder / "1-of-2" / "lock") as own, open(keyward.state_dir / "lock") as whole:
            fcntl.flock(own, fcntl.LOCK_EX)
            fcntl.flock(whole, fcntl.LOCK_SH)
            for arguments in (("--shard", "1/2"), ("--shard", "1/3"), ("--shard", "2/3"), ()):
                keyward("run", *arguments).expect(7)
            assert sandbox.state_bytes() == before
            keyward("run", "--shard", "2/2").expect(0)
        with open(keyward.state_dir / "lock") as whole:
            fcntl.flock(whole, fcntl.LOCK_EX)
            keyward("run", "--shard", "1/2").expect(7)


def test_what_was_told_is_remembered_however_the_accounts_are_divided(tmp_path):
    """A hold is told once: by the run of the whole organization, not again by shards of two, of three, and none."""
    conflict = {"name": "carol", "age_days": 200, "keys": [{"age_days": 120, "last_used": {"days_ago": 1}}] * 2}
    with organization(account(A, conflict), account(B, conflict), account(C, conflict)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, policy={"conflict": "hold"})
        assert len(keyward("run").mails) == 3
        for count in (2, 3, 1):
            assert not [part for part in shards(keyward, count) if part.mails]
        assert not keyward("run").mails
        # Each division by itself remembers too.
        assert {path.name for path in (keyward.state_dir / "shards").iterdir()} == {
            f"{i}-of-{n}" for n in (1, 2, 3) for i in range(1, n + 1)
        }
        for number in (A, B):
            sandbox.edit("create_user", account=number, user="dave")
        assert not [part for part in shards(keyward, 2) if part.mails]
