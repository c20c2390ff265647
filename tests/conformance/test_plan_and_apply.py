"""A plan that is applied does what a run would have done; what somebody else changed meanwhile is left alone, and a plan that
is not for here and now changes nothing."""

import datetime
import json
import re
import shutil

import pytest

from held_requests import killed_before
from keyward_process import Keyward
from organizations import A, B, C, account, assert_rotated, keys, organization

LEDGER = "keyward:state"
EXEMPT_GROUP = {"exempt_group": "IAMKeyRotationExemptionGroup"}
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z|\d{8}T\d{6}Z")


def user(name, *ages, **members):
    """A user whose keys have these ages in days; used yesterday."""
    keys_of_ages = [{"age_days": age, "last_used": {"days_ago": 1}} for age in ages]
    return {"name": name, "age_days": 400, "keys": keys_of_ages, **members}


def many_kinds():
    """Users who, twenty days from now and after runs on day 0 and 10, are at every stage."""
    return [
        user("deleted", 95),
        user("deactivated", 80),
        user("rotated", 71),
        user("warned", 64),
        user("young", 1),
        user("unused", 72, keys=[{"age_days": 72, "last_used": "never"}]),
        user("pair", 75, 10),
        user("conflict", 300, 200),
        user("off", 200, keys=[{"age_days": 200, "status": "Inactive"}, {"age_days": 30, "last_used": {"days_ago": 1}}]),
        user("exempt", 200, groups=["IAMKeyRotationExemptionGroup"]),
        user("nokeys"),
    ]


def many_kinds_of_users(**options):
    return organization(account(A, *many_kinds()), account(B, user("dry", 71), user("dry-young", 1)), account(C, user("quiet", 1)), **options)


def with_a_dry_account(directory, sandbox, **configuration):
    overrides = [{"match": {"id": B}, "dry_run": True}]
    accounts = {"default": "opt-out", "exclude": [{"id": "111111111111"}], "overrides": overrides}
    keyward = Keyward(directory, sandbox.environment, accounts=accounts, users=EXEMPT_GROUP, **configuration)
    keyward.configure(notify={"channels": [{"type": "ses"}]}, policy={"conflict": "delete_lru"})
    return keyward


def world(sandbox):
    """What lasts in AWS, with names in the place of what no two runs have in common: new keys, times."""
    state = sandbox.state()
    known = {}
    for one in state["accounts"].values():
        for name, who in one["users"].items():
            for index, key in enumerate(who["keys"]):
                known[key["id"]] = f"{name}-{index}-{key['status']}"

    def named(text):
        for key, name in known.items():
            text = text.replace(key, name)
        return TIME.sub("TIME", text)

    users, secrets = {}, []
    for number, one in state["accounts"].items():
        for name, who in one["users"].items():
            users[number, name] = [known[key["id"]] for key in who["keys"]], named(json.dumps(who["tags"]))
        for secret in one["secrets"]:
            versions = sorted((version["stages"], named(json.loads(version["text"])["AccessKey"])) for version in secret["versions"].values())
            secrets.append((number, secret["name"], secret["tags"], secret["policy"], versions))

    def words_of(mail):
        text = re.sub(r"Run \S+|secret:\S+|…\w{4}\b|key ending in \w{4}", "X", named(mail["text"]))
        return mail["to"], mail["subject"], sorted(re.sub(r"\d{2}:\d{2}", "HH:MM", text).splitlines())

    return users, sorted(secrets, key=str), sorted((words_of(mail) for mail in sandbox.mail()), key=str)


def stale(result):
    return {e["user"]: e["detail"] for e in result.events if e["event"] == "action" and e["outcome"] == "stale"}


def test_plan_and_apply_do_what_a_run_does(tmp_path):
    with many_kinds_of_users() as sandbox:
        keyward = with_a_dry_account(tmp_path / "a", sandbox)
        for _ in range(2):
            keyward("run").expect(0)
            sandbox.advance("10d")
        sandbox.control("mail", method="DELETE")
        before = sandbox.state_bytes()
        sandbox.snapshot()
        shutil.copytree(keyward.state_dir, tmp_path / "kept")

        planned = keyward("plan", "--out", "plan.json").expect(0)
        assert sandbox.state_bytes() == before and not planned.directory
        assert (keyward.directory / "plan.json").stat().st_mode & 0o777 == 0o600
        assert (keyward.state_dir / "plan.key").stat().st_mode & 0o777 == 0o600

        applied = keyward("apply", "plan.json").expect(0)
        by_plan = world(sandbox)
        assert applied.summary["plan"] and stale(applied) == {} and applied.summary["due_since_plan"] == 0
        done = {(name, action) for name, action, outcome in applied.outcomes() if outcome == "done"}
        assert {("deleted", "delete"), ("deactivated", "deactivate"), ("rotated", "rotate")} <= done
        assert ("dry", "rotate", "dry_run") in applied.outcomes()

        # The same plan once more: nothing holds any more, and nothing is done.
        outcomes = sorted(applied.outcomes())
        after = sandbox.state_bytes()
        again = keyward("apply", "plan.json").expect(0)
        assert sandbox.state_bytes() == after
        assert {outcome for name, _, outcome in again.outcomes() if name != "dry"} == {"stale"}
        assert "plan    again" in again.stdout.replace("\n", " ")

        sandbox.restore()
        shutil.rmtree(keyward.state_dir)
        shutil.copytree(tmp_path / "kept", keyward.state_dir)
        ran = keyward("run").expect(0)
        by_run = world(sandbox)
        assert by_plan == by_run
        assert outcomes == sorted(ran.outcomes())
        assert len(by_run[2]) >= 2  # the owners of two accounts heard


def test_what_somebody_else_changed_since_the_plan_is_left_alone(tmp_path):
    names = ["untouched", "off", "gone", "second", "left", "exempt", "tagged", "used"]
    with organization(
        account(A, *[user(name, 95) for name in names], user("young", 5)), account(B, user("suspended", 95)), account(C, user("outside", 5))
    ) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, users=EXEMPT_GROUP)
        keyward("plan", "--out", "plan.json").expect(0)
        first = {name: keys(sandbox.state(), A, name)[0]["id"] for name in names}
        sandbox.edit("set_key_status", access_key_id=first["off"], status="Inactive")
        sandbox.edit("delete_key", access_key_id=first["gone"])
        sandbox.edit("create_key", account=A, user="second", age_days=0)
        sandbox.edit("delete_user", account=A, user="left")
        sandbox.edit("set_group", account=A, user="exempt", group="IAMKeyRotationExemptionGroup", member=True)
        sandbox.edit("tag_user", account=A, user="tagged", key=LEDGER, value="v1 told=AKIAEXAMPLEEXAMPLE12@20260101T000000Z")
        sandbox.edit("use_key", access_key_id=first["used"])
        sandbox.edit("set_account", account=B, state="SUSPENDED")
        sandbox.edit("create_user", account=A, user="newcomer")
        sandbox.edit("create_key", account=A, user="newcomer", age_days=95)
        sandbox.edit("forget_report", account=A)
        before = sandbox.state()
        applied = keyward("apply", "plan.json").expect(0)
        after = sandbox.state()

        assert applied.outcomes() and {name for name, _, outcome in applied.outcomes() if outcome == "done"} == {"untouched", "used"}
        assert stale(applied) == {
            "off": f"the key …{first['off'][-4:]} was active and is inactive now",
            "gone": f"the key …{first['gone'][-4:]} is gone",
            "second": f"the key …{keys(before, A, 'second')[1]['id'][-4:]} is new",
            "left": "the user is gone",
            "exempt": "the user is exempt now: member of IAMKeyRotationExemptionGroup",
            "tagged": "keyward's record on the user has changed",
            "suspended": "the account takes no part any more: suspended by AWS",
        }
        assert applied.summary["outcomes"]["rotate"] == {"done": 2, "stale": 7}
        # Came due since, and nobody has approved it: the newcomer's rotation, and the note that a key was seen inactive.
        assert applied.summary["due_since_plan"] == 2
        assert "2 due since it was made" in " ".join(applied.stdout.split())
        for name in ["off", "gone", "second", "exempt", "tagged", "newcomer", "young"]:
            assert keys(after, A, name) == keys(before, A, name), name
        assert after["accounts"][B] == before["accounts"][B] and after["accounts"][C] == before["accounts"][C]


def test_a_plan_that_is_not_for_here_and_now_changes_nothing(tmp_path):
    with organization(account(A, user("alice", 95))) as sandbox:
        keyward = Keyward(tmp_path / "a", sandbox.environment)
        file = keyward.directory / "plan.json"
        keyward("plan", "--out", file).expect(0)
        plan = file.read_text()
        other = Keyward(tmp_path / "b", sandbox.environment)
        other("plan", "--out", other.directory / "plan.json").expect(0)
        before = sandbox.state_bytes()

        def refused(what, content=None, by=keyward):
            if content is not None:
                file.write_text(content)
            result = by("apply", file).expect(2)
            assert what in result.stderr and "nothing was done" in result.stderr, result.stderr
            assert sandbox.state_bytes() == before and result.directory is None

        refused("somebody changed it", plan.replace('"rotate"', '"delete"'))
        refused("somebody changed it", plan.replace('"dry_run":false', '"dry_run":true'))
        refused("another state_dir", (other.directory / "plan.json").read_text())
        refused("no plan of keyward's", "")
        refused("no plan of keyward's", "{}")
        refused("no plan of keyward's", '{"keyward_plan":' * 100_000)
        refused("another version of keyward", plan.replace('"keyward_plan":1', '"keyward_plan":2'))
        refused("no plan was ever made", plan, by=Keyward(tmp_path / "c", sandbox.environment))
        keyward.configure(policy={"rotate_after_days": 60})
        refused("the configuration is not the one", plan)
        keyward.configure(policy={"rotate_after_days": 90})
        file.unlink()
        refused("No such file")
        # A member that is there twice is another one to another reader.
        refused("somebody changed it", plan.replace('{"keyward_plan":1,', '{"keyward_plan":1,"plan":{"note":"nothing to do"},'))
        refused("somebody changed it", plan.replace('"accounts":[', '"accounts":[],"accounts":[', 1))
        refused("somebody changed it", json.dumps(json.loads(plan), indent=2, ensure_ascii=False))
        file.write_text(plan)
        sandbox.advance("24h")
        refused("it expired on")
        sandbox.advance("-1h")
        keyward("apply", file).expect(0)
        assert len(keys(sandbox.state(), A, "alice")) == 2


def test_a_plan_names_what_is_not_covered_and_what_changed_since_a_run(tmp_path):
    with organization(
        account(A, user("alice", 85), user("bob", 5), user("carol", 5)), account(B, user("dave", 200)), account(C, user("erin", 5))
    ) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        run = keyward("run").expect(0)
        sandbox.advance("6d")
        sandbox.edit("create_key", account=A, user="bob", age_days=0)
        sandbox.edit("delete_key", access_key_id=keys(sandbox.state(), A, "carol")[0]["id"])
        sandbox.edit("delete_role", account=C, role="keyward-rotate")
        answer = json.loads(keyward("-o", "json", "plan", "--diff", run.directory.name).expect(4).stdout)
        assert [line["account"] for line in answer["uncovered"]] == [C]
        assert [(line["user"], line["action"]) for line in answer["actions"] if line["action"] == "rotate"] == [("alice", "rotate")]
        assert answer["totals"]["changes"] == 1 and answer["totals"]["limits"]["max_changes"] == 500
        assert [(one["what"], one["line"].get("user", one["line"]["account"])) for one in answer["since"]["differences"]] == [
            ("not_covered", C), ("new_key", "bob"), ("key_gone", "carol"), ("due", "alice"),
        ]
        table = keyward("plan", "--diff", run.directory).expect(4).stdout
        assert table.startswith("NOT COVERED: 1 of ")
        assert re.search(r"\+ +create +1\b", table) and f"SINCE RUN {run.directory.name}" in table
        rows = keyward("-o", "csv", "plan").expect(4).stdout.splitlines()
        assert rows[0].startswith("since_run,account,") and len({row.count(",") for row in rows if '"' not in row}) == 1
        keyward("plan", "--diff", "20260101T000000Z-0000").expect(2)


def test_what_is_no_plan_is_not_replaced_and_the_newest_run_is_a_run(tmp_path):
    with organization(account(A, user("alice", 95), user("bob", 95))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        config = (keyward.directory / "config.yaml").read_text()
        for arguments in (("plan", "--out", "config.yaml"), ("audit", "--junit", "config.yaml")):
            assert "holds something else" in keyward(*arguments).expect(2).stderr
            assert (keyward.directory / "config.yaml").read_text() == config
        file = keyward.directory / "plan.json"
        for _ in range(2):
            keyward("plan", "--out", file).expect(0)
        sandbox.edit("delete_key", access_key_id=keys(sandbox.state(), A, "bob")[0]["id"])
        applied = keyward("apply", file).expect(0)
        # That bob's key was gone already is no change since then.
        answer = json.loads(keyward("-o", "json", "plan", "--diff", applied.directory.name).expect(0).stdout)
        assert answer["since"]["differences"] == []
        keyward("recover", "--list").expect(0)
        assert json.loads(keyward("report", "--format", "json").expect(0).stdout)["run"]["run"] == applied.directory.name
        assert applied.directory.name in keyward("notify", "preview", "--out", keyward.directory / "letters").expect(0).stdout


@pytest.mark.parametrize("limits", [{"max_changes": 2}, {"max_changes_per_account": 2}])
def test_limits_hold_for_a_plan_as_for_a_run(tmp_path, limits):
    with organization(account(A, *[user(f"user-{n}", 95) for n in range(3)])) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, limits=limits)
        planned = keyward("plan", "--out", "plan.json").expect(0)
        assert "1 WOULD BE HELD BACK" in planned.stdout
        applied = keyward("apply", "plan.json").expect(6)
        assert applied.summary["outcomes"]["rotate"] == {"done": 2, "held_back": 1}


def test_apply_settles_what_was_interrupted_and_plans_nothing_upon_it(tmp_path):
    with organization(account(A, user("alice", 95)), account(B, user("bob", 5))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        killed_before(sandbox, keyward, ("run",), "secretsmanager:PutSecretValue")
        planned = keyward("plan", "--out", "plan.json").expect(0)
        assert "INTERRUPTED ROTATIONS 1" in planned.stdout and re.search(r"\+ +create +0\b", planned.stdout)
        sandbox.advance("1h")
        applied = keyward("apply", "plan.json").expect(0)
        # It is undone; the rotation that is due again waits for a plan of its own, or for the next run.
        assert len(keys(sandbox.state(), A, "alice")) == 1
        assert applied.summary["due_since_plan"] == 1 and applied.summary["accounts_total"] == 1
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


def test_a_stage_that_is_crossed_between_plan_and_apply_is_told_by_the_next_run(tmp_path):
    # Its rotation is seven days ahead six hours from now.
    created = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=83) + datetime.timedelta(hours=6)
    soon = user("soon", keys=[{"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "last_used": {"days_ago": 1}}])
    with organization(account(A, user("alice", 95), soon)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("plan", "--out", "plan.json").expect(0)
        sandbox.advance("12h")
        applied = keyward("apply", "plan.json").expect(0)
        assert applied.outcomes() == [("alice", "rotate", "done")] and applied.summary["due_since_plan"] == 1
        assert not any("soon" in mail.as_string() for mail in applied.mails)
        sandbox.advance("12h")
        ran = keyward("run").expect(0)
        assert any("soon" in mail.as_string() for mail in ran.mails)
        # And not again: alice's news were told by apply.
        assert not any("alice" in mail.as_string() for mail in ran.mails)
