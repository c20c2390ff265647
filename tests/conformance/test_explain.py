"""What the support desk gets: one user's keys, why they are treated as they are, and what comes."""

import json
import re

import pytest

from keyward_process import Keyward
from organizations import A, B, C, account, organization, overdue

OWNER = "bob.owner@example.org"


def aged(name, days, **members):
    return {"name": name, "age_days": days, "keys": [{"age_days": days, "last_used": {"days_ago": 1}}], **members}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    users = [
        aged("young", 10),
        aged("near", 78, tags={"owner": OWNER}),
        overdue("due"),
        aged("exempt", 200, groups=["IAMKeyRotationExemptionGroup"]),
    ]
    with organization(account(A, *users, name="shop"), account(B, aged("idle", 30), state="SUSPENDED"), account(C, aged("out", 30))) as sandbox:
        keyward = Keyward(
            tmp_path_factory.mktemp("explain"),
            sandbox.environment,
            accounts={"exclude": [{"id": C}]},
            notify={"allowed_domains": ["example.org"]},
            users={"exempt_group": "IAMKeyRotationExemptionGroup"},
        )
        yield sandbox, keyward


def explain(keyward, user, number=A, code=0, **environment):
    result = keyward("explain", "--account", number, "--user", user, "-o", "json", **environment).expect(code)
    return json.loads(result.stdout)


def fired(told):
    return [rule["rule"] for rule in told["rules"] if rule["fired"]]


def test_a_key_near_its_date(world):
    sandbox, keyward = world
    before = sandbox.state()
    told = explain(keyward, "near")
    assert fired(told) == ["one_not_due"]
    due = [rule for rule in told["rules"] if rule["rule"] == "one_due"]
    assert [rule["fired"] for rule in due] == [False] and due[0]["from"]
    actions = [event["action"] for event in told["coming"]]
    assert actions[: actions.index("delete") + 1] == (
        ["warn"] * 3 + ["rotate"] + ["warn"] * 3 + ["deactivate"] + ["warn"] * 3 + ["delete"]
    )
    assert told["recipients"] == [
        {"address": f"{A}@example.org", "source": "notify.account_owner: the account's address"},
        {"address": OWNER, "source": "notify.owner: user_tag"},
    ]
    settings = {setting["setting"]: setting["origin"] for setting in told["settings"]}
    assert re.search(r"config\.yaml:\d+", settings["dry_run"]) and settings["policy.rotate_after_days"] == "default"
    assert sandbox.state() == before


def test_keys_to_come_are_told_apart_and_the_list_says_where_it_ends(world):
    told = explain(world[1], "due")
    made = [event["words"] for event in told["coming"] if event["action"] == "rotate"]
    assert made[0].startswith("new key 1 is made and stored; it replaces key …")
    assert made[1] == "new key 2 is made and stored; it replaces new key 1"
    page = world[1]("explain", "--account", A, "--user", "due").stdout
    assert f"Looked ahead to {told['coming_until']}; what comes later is not listed." in " ".join(page.split())
    assert re.search(r"^  new 1 .*C=", page, re.MULTILINE) and re.search(r"^  new 2 .*C=", page, re.MULTILINE), page
    assert all(event["date"] <= told["coming_until"] for event in told["coming"])


def test_only_what_was_asked_is_named_as_a_source(world, tmp_path):
    sandbox, keyward = world
    assert source_of_exemption(explain(keyward, "young")) == "users.*, iam:GetGroup"
    groupless = Keyward(tmp_path, sandbox.environment, users={"exempt_group": ""})
    assert source_of_exemption(explain(groupless, "young")) == "users.*"


def source_of_exemption(told):
    return next(fact["source"] for fact in told["facts"] if fact["fact"] == "exempt")


def test_the_environment_is_named_as_the_origin(world):
    told = explain(world[1], "near", RotationPeriod="60")
    setting = next(one for one in told["settings"] if one["setting"] == "policy.rotate_after_days")
    assert setting["value"] == "60" and "RotationPeriod" in setting["origin"]
    assert fired(told) == ["one_due"]


def test_users_that_are_left_alone(world):
    keyward = world[1]
    assert fired(explain(keyward, "young")) == ["nothing_near"]
    exempt = explain(keyward, "EXEMPT")
    assert fired(exempt) == ["exempt"] and "IAMKeyRotationExemptionGroup" in exempt["participation"]
    assert "suspended" in explain(keyward, "idle", B)["why_not"]
    assert "exclude" in explain(keyward, "out", C)["why_not"]
    assert "no IAM user" in explain(keyward, "nobody", code=5)["failure"]
    assert "not in the organization" in explain(keyward, "near", "999999999999", code=5)["why_not"]
    keyward("explain", "--account", "12", "--user", "near").expect(2)


def test_the_page_for_a_ticket_holds_no_secret_and_no_whole_key_id(world):
    sandbox, keyward = world
    keyward("run")
    result = keyward("explain", "--account", A, "--user", "due").expect(0)
    page = result.stdout
    for key in sandbox.state()["accounts"][A]["users"]["due"]["keys"]:
        assert key["secret"] not in page and key["id"] not in page and key["id"][-4:] in page
    assert "keyward made key" in page and "aws secretsmanager get-secret-value --secret-id" in page
    assert "install grace runs" in page
    assert re.search(r"^  \w{4} +C=+", page, re.MULTILINE), page


def test_an_interrupted_rotation_says_what_to_type(world):
    sandbox, keyward = world
    key = sandbox.state()["accounts"][A]["users"]["near"]["keys"][0]["id"]
    iam = sandbox.client("iam", sandbox.member_admin(A))
    value = f"v1 int=20261101T020000Z-abcd@20261101T020000Z/{key}"
    iam.tag_user(UserName="near", Tags=[{"Key": "keyward:state", "Value": value}])
    told = explain(keyward, "near")
    assert fired(told) == ["interrupted"] and "keyward recover" in told["interrupted"][0]


def test_a_record_that_was_edited_by_hand_is_an_unknown_fact(world):
    sandbox, keyward = world
    iam = sandbox.client("iam", sandbox.member_admin(A))
    iam.tag_user(UserName="near", Tags=[{"Key": "keyward:state", "Value": "v1 nonsense"}])
    told = explain(keyward, "near", code=4)
    assert fired(told) == ["record_unreadable"]
    assert [event["action"] for event in told["coming"]] == ["hold"]
