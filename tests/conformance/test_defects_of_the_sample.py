"""The situations in which the AWS sample solution for key rotation fails (aws-samples/aws-iam-access-key-auto-rotation), and
what keyward does in each of them: seen in the sandbox's keys and secrets and in the mail, over the days that it takes.

The numbers are those of the list of its proved defects."""

import datetime
import json

import botocore.exceptions
import pytest

from keyward_process import Keyward
from organizations import A, B, C, account, assert_rotated, keys, organization, overdue, stored
from sandbox_process import HUB_ACCOUNT

D = "555555555555"
SECRET = f"Account_{A}_User_alice_AccessKey"
CENTRAL = {"target": "central", "kms_key_id": "alias/keyward"}
EXEMPT = "IAMKeyRotationExemptionGroup"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def user(name, *its_keys, **members):
    return {"name": name, "age_days": 800, "keys": list(its_keys), **members}


def key(age, used=0, **members):
    """An access key of so many days, last used so many days ago or never (None)."""
    last_used = {} if used is None else {"last_used": {"days_ago": used, "service": "s3", "region": "eu-west-1"}}
    return {"age_days": age, **last_used, **members}


class DailyJob:
    """keyward as a job that mails, the days between its runs, and the users' keys as they are then."""

    def __init__(self, sandbox, directory, **configuration):
        self.sandbox = sandbox
        self.keyward = Keyward(directory, sandbox.environment, notify={"channels": [{"type": "ses"}]}, **configuration)
        self.day = 0
        self._seen = {}
        users = [one for number in sandbox.state()["accounts"].values() for one in number["users"].values()]
        self._given = {known["id"] for one in users for known in one["keys"]}

    def wait_until(self, day):
        self.sandbox.advance(f"{day - self.day}d")
        self.day = day

    def __call__(self, *command, code=0, **environment):
        """Runs it and returns what the mail of this run says, on one line."""
        self.sandbox.control("mail", method="DELETE")
        self.result = self.keyward(*(command or ("run",)), **environment).expect(code)
        return " ".join(" ".join(mail["text"] for mail in self.sandbox.mail()).split())

    def keys(self, name="alice", number=A):
        """One letter for each key that the user ever had, in their order: A(ctive), I(nactive) or - when it is gone.
        Whatever keyward made is in the secret store."""
        state = self.sandbox.state()
        now = {known["id"]: known for known in keys(state, number, name)}
        found = {secret for label in ("AWSCURRENT", "AWSPREVIOUS") for secret in stored(state).get(label, ())}
        seen = self._seen.setdefault((number, name), [])
        seen += [id_ for id_ in now if id_ not in seen]
        for id_, known in now.items():
            if id_ not in self._given and known["status"] == "Active":
                assert known["secret"] in found, f"day {self.day}: nobody has the secret of {id_}"
        return "".join(now[id_]["status"][0] if id_ in now else "-" for id_ in seen)

    def use(self, *indexes, name="alice", service="s3"):
        """Workloads with these keys of the user, counted as in keys(), do their work, in this order."""
        self.keys(name)
        active = {known["id"] for known in keys(self.sandbox.state(), A, name) if known["status"] == "Active"}
        for id_ in [self._seen[A, name][index] for index in indexes]:
            if id_ in active:
                self.sandbox.control("use", {"access_key_id": id_, "service": service, "region": "eu-west-1"})

    def live(self, days, used=(), name="alice"):
        """A run on each of these days, with the keys that are expected after it. Returns the mail of each day."""
        mails = {}
        for day, expected in days.items():
            self.wait_until(day)
            self.use(*used, name=name)
            mails[day] = self()
            assert self.keys(name) == expected, f"day {day}: {self.result.stdout}"
        return mails

    def date(self, day):
        """The date of a day from the first run on, as the mails write it."""
        return f"{self.sandbox.now() + datetime.timedelta(days=day - self.day):%Y-%m-%d}"

    def made(self):
        """Access keys that keyward ever asked for."""
        return self.sandbox.calls()["counts"].get("iam:CreateAccessKey", 0)


def current(sandbox, number=A, name=SECRET):
    """What the owner finds in the secret; nothing where there is none."""
    for secret in sandbox.state()["accounts"][number]["secrets"]:
        for version in secret["versions"].values():
            if secret["name"] == name and "AWSCURRENT" in version["stages"]:
                return json.loads(version["text"])
    return None


def read(sandbox, credentials, secret, region="us-east-1"):
    """The value that these credentials read, or the code of the refusal."""
    with sandbox.signing_with_its_clock():
        try:
            answer = sandbox.client("secretsmanager", credentials, region).get_secret_value(SecretId=secret)
        except botocore.exceptions.ClientError as refusal:
            return refusal.response["Error"]["Code"]
    return json.loads(answer["SecretString"])


# ---- can break production or lose access


FOUR = [
    user("alice", key(90)),  # is rotated on day 0; the old key's last day is day 10
    user("bob", key(85)),  # due on day 5: gets a new key because the old one is used
    user("carol", key(120, 100, status="Inactive"), key(30)),  # the first is to be deleted on day 10
    user("dave", key(110), key(100)),  # one of them is to be deactivated on day 10
]


def four_on_day_10(sandbox, directory):
    job = DailyJob(sandbox, directory, policy={"unused_keys": "retire"})
    job()
    job.wait_until(10)
    for name, in_use in {"alice": (0,), "bob": (0,), "dave": (0, 1)}.items():
        job.use(*in_use, name=name)
    assert [job.keys(one["name"]) for one in FOUR] == ["AA", "A", "IA", "AA"]
    return job


@pytest.mark.parametrize("fault", ["denied", "error_before", "html"])
def test_defect_01_a_last_use_that_cannot_be_read_is_not_never(tmp_path, fault):
    """The sample takes any error of GetAccessKeyLastUsed for "never used" and deletes a key in daily use at once."""
    with organization(account(A, *FOUR)) as sandbox:
        job = four_on_day_10(sandbox, tmp_path)
        sandbox.faults(rules=[{"action": "iam:GetAccessKeyLastUsed", "fault": fault, "times": -1}])
        mail = job(code=4)
        assert [job.keys(one["name"]) for one in FOUR] == ["AA", "A", "IA", "AA"]
        assert "could not be read or understood, so keyward changes nothing" in mail
        assert "will be" not in mail and job.result.summary["users_unreadable"] == 4
        # It was the error that held all this back.
        sandbox.faults(rules=[])
        job()
        assert [job.keys(one["name"]) for one in FOUR] == ["IA", "AA", "-A", "IA"]


def test_defect_01_a_throttled_last_use_is_asked_for_again(tmp_path):
    """The sample takes throttling of GetAccessKeyLastUsed for "never used" and deletes a key in daily use at once."""
    with organization(account(A, *FOUR)) as sandbox:
        job = four_on_day_10(sandbox, tmp_path)
        sandbox.faults(rules=[{"action": "iam:GetAccessKeyLastUsed", "fault": "throttle", "times": 5}])
        job()
        assert job.result.summary["api_throttled"] == 5
        # Taken for never used, bob's key would have got no successor.
        assert [job.keys(one["name"]) for one in FOUR] == ["IA", "AA", "-A", "IA"]


STORE_FAULTS = {
    "create_secret": "secretsmanager:CreateSecret",
    "put_resource_policy": "secretsmanager:PutResourcePolicy",
    "put_secret_value": "secretsmanager:PutSecretValue",
    "update_secret_version_stage": "secretsmanager:UpdateSecretVersionStage",
}


@pytest.mark.parametrize("trouble", [*STORE_FAULTS, "put_secret_value_done_and_500", "kms_key_disabled"])
def test_defect_02_a_key_that_cannot_be_stored_is_taken_back_and_the_old_one_stays(tmp_path, trouble):
    """The sample makes the key first: when it cannot be stored its secret is lost, nobody is told, and seven days later the
    working key is deactivated."""
    old = {"AccessKey": "AKIAEXAMPLEEXAMPLE22", "SecretKey": "s" * 40}
    secret = {"name": SECRET, "region": "us-east-1", "kms_key": "alias/own", "value": json.dumps(old)}
    secrets = [] if trouble == "create_secret" else [secret]
    alice = user("alice", key(95, id=old["AccessKey"], secret=old["SecretKey"]))
    home = account(A, alice, secrets=secrets, kms_keys=[{"region": "us-east-1", "alias": "alias/own"}])
    with organization(home) as sandbox:
        job = DailyJob(sandbox, tmp_path, store={"kms_key_id": "alias/own"})
        if trouble == "kms_key_disabled":
            sandbox.edit("set_kms_key", account=A, id="alias/own", enabled=False)
        else:
            fault = "error_after" if trouble.endswith("500") else "denied"
            action = STORE_FAULTS[trouble.removesuffix("_done_and_500")]
            sandbox.faults(rules=[{"action": action, "fault": fault, "times": -1}])
        mails = {}
        for day in (0, 1, 7, 8):
            job.wait_until(day)
            job.use(0)
            mails[day] = job(code=4)
            assert [known["id"] for known in keys(sandbox.state(), A, "alice")] == [old["AccessKey"]], f"day {day}"
            assert job.keys()[0] == "A" and current(sandbox) == (old if secrets else None), f"day {day}"
        assert "could not be replaced by a new one. Nothing was changed." in mails[0]
        sandbox.faults(rules=[])
        sandbox.edit("set_kms_key", account=A, id="alias/own", enabled=True)
        job.wait_until(9)
        assert "aws secretsmanager get-secret-value" in job()
        assert_rotated(sandbox.state(), A, "alice")
        # The grace counts from the rotation that succeeded.
        for day, status in {18: "Active", 19: "Inactive"}.items():
            job.wait_until(day)
            job()
            assert keys(sandbox.state(), A, "alice")[0]["status"] == status, f"day {day}"


def test_defect_03_an_old_key_in_use_is_held_until_it_is_idle(tmp_path):
    """The sample deactivates the old key on its date, whether it is still used or not."""
    with organization(account(A, user("alice", key(90)))) as sandbox:
        job = DailyJob(sandbox, tmp_path, policy={"hold_while_in_use_days": 20})
        mails = job.live({0: "AA", 3: "AA", 7: "AA", 9: "AA", 10: "AA", 11: "AA", 18: "AA"}, used=(0,))
        for day in (3, 7, 9):
            assert f"will be switched off on {job.date(10)}" in mails[day] and "s3 in eu-west-1" in mails[day]
        assert "is due to be switched off but is still being used" in mails[10] and "s3 in eu-west-1" in mails[10]
        assert f"before {job.date(30)}" in mails[10] and mails[11] == ""
        # The workload takes the new key, and the old one falls idle.
        mails = job.live({20: "IA", 29: "IA", 30: "-A"}, used=(1,))
        assert "was switched off." in mails[20]


def test_defect_03_a_new_key_is_proved_and_a_deactivation_can_be_undone(tmp_path):
    """The sample deactivates the old key on its date without knowing that the new one works, and says nothing before."""
    with organization(account(A, user("alice", key(90)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        sandbox.edit("set_propagation", duration="300ms")
        job()
        new = keys(sandbox.state(), A, "alice")[1]["id"]
        proof = sandbox.control("volatile")["last_used"][new]
        assert (proof["user"], proof["service"]) == ("alice", "sts")
        # Nobody installs it. The owner was told where the old key is used, and is given ten days to come back.
        mails = job.live({3: "AA", 7: "AA", 9: "AA", 10: "IA", 15: "IA"}, used=(0,))
        for day in (3, 7, 9):
            assert f"will be switched off on {job.date(10)}" in mails[day] and "s3 in eu-west-1" in mails[day]
        assert f"Until {job.date(20)} an administrator can switch this key on again" in mails[10]
        sandbox.edit("set_key_status", access_key_id=keys(sandbox.state(), A, "alice")[0]["id"], status="Active")
        mails = job.live({16: "AA", 30: "AA", 60: "AA"}, used=(0,))
        assert "was switched on again after keyward had switched it off" in mails[16]


def test_defect_03_a_new_key_that_does_not_work_replaces_nothing(tmp_path):
    """The sample takes a key that was made for a key that works."""
    with organization(account(A, user("alice", key(90)))) as sandbox:
        job = DailyJob(sandbox, tmp_path, limits={"verify_timeout": "1s"})
        sandbox.edit("set_propagation", duration="1h")
        mail = job(code=4)
        assert job.keys() == "A" and "could not be replaced by a new one" in mail
        sandbox.edit("set_propagation", duration="50ms")
        job.live({1: "AA"})


INDEPENDENT = {0: "AA", 3: "AA", 9: "AA", 10: "IA", 19: "IA", 20: "-A", 21: "-AA", 30: "-AA", 31: "-IA"}


def test_defect_04_a_second_key_in_use_is_announced_before_the_older_one_goes(tmp_path):
    """The sample takes the creation of a second key in use for a rotation and deactivates the older key at once."""
    with organization(account(A, user("alice", key(90), key(80)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        mails = job.live(INDEPENDENT, used=(0, 1))
        assert f"will be switched off on {job.date(10)} (in 10 days)" in mails[0] and "s3 in eu-west-1" in mails[0]
        assert f"will be switched off on {job.date(10)}" in mails[3] and "will be switched off" in mails[9]
        assert f"Until {job.date(20)} an administrator can switch this key on again" in mails[10]
        # The other key, which is overdue since, was waiting for the place.
        assert "A new access key" in mails[21]


def test_defect_05_of_two_overdue_keys_in_use_none_goes_unannounced(tmp_path):
    """The sample deletes the less recently used of two overdue keys at once, although both were used today."""
    with organization(account(A, user("alice", key(120), key(95)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        mails = job.live(INDEPENDENT, used=(0, 1))
        assert f"will be switched off on {job.date(10)} (in 10 days)" in mails[0]
        assert f"will be switched off on {job.date(10)}" in mails[3] and f"will be deleted on {job.date(20)}" in mails[19]
        assert "A new access key" in mails[21]


@pytest.mark.parametrize(
    "its_keys, days",
    [
        ([key(20, status="Inactive")], {0: "I", 9: "I", 10: "I", 17: "I", 80: "I", 89: "I", 90: "-"}),
        ([key(150, status="Inactive"), key(20, None)], {0: "IA", 9: "IA", 10: "-A"}),
        ([key(150, status="Inactive"), key(120, status="Inactive")], {0: "II", 9: "II", 10: "--"}),
    ],
    ids=["only_key", "beside_an_idle_key", "both_keys"],
)
def test_defect_06_a_key_that_a_person_switched_off_today_stays_for_the_recovery_grace(tmp_path, its_keys, days):
    """The sample counts the recovery grace from creation dates and deletes what a person deactivated today."""
    for one in its_keys:
        if one.get("status") == "Inactive":
            one["status_changed_days_ago"] = 0
    with organization(account(A, user("alice", *its_keys))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        mails = job.live(days)
        *_, eve, last = days
        assert f"will be deleted on {job.date(last)}" in mails[eve] and "was deleted." in mails[last]


def test_defect_06_missed_weeks_do_not_shorten_the_recovery_grace(tmp_path):
    """The sample would take the weeks for the grace: it knows only when a key was made."""
    with organization(account(A, user("alice", key(60)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        job.live({0: "A"})
        job.wait_until(60)
        sandbox.edit("set_key_status", account=A, user="alice", status="Inactive")
        job.live({60: "I", 69: "I", 70: "-"})


def test_defect_07_the_new_key_is_made_before_the_old_one_goes(tmp_path):
    """The sample deletes first and creates second: when that fails the user has no key."""
    with organization(account(A, user("alice", key(95, None)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "fault": "denied", "times": -1}])
        for day in (0, 1, 20):
            job.wait_until(day)
            mail = job(code=4)
            assert job.keys() == "A", f"day {day}"
            assert ("could not be replaced by a new one. Nothing was changed." in mail) == (day == 0)
        sandbox.faults(rules=[])
        job.live({21: "AA", 30: "AA", 31: "IA", 40: "IA", 41: "-A"})


def test_defect_07_where_the_policy_deletes_at_once_a_working_key_is_left(tmp_path):
    """The sample deletes first and creates second: when that fails the user has no key."""
    with organization(account(A, user("alice", key(120), key(95)))) as sandbox:
        job = DailyJob(sandbox, tmp_path, policy={"conflict": "delete_lru"})
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "fault": "denied", "times": -1}])
        job.use(0, 1)
        assert job.keys() == "AA"
        mail = job(code=4)
        assert job.keys() == "-A" and "could not be replaced by a new one" in mail
        sandbox.faults(rules=[])
        job.live({1: "-AA"})


def test_defect_08_the_errors_of_some_users_leave_the_others_served(tmp_path):
    """The sample gives up the account at the first user with an error: those after it are not seen and nobody is told."""
    troubles = {
        "b-keys": "iam:ListAccessKeys",
        "c-tags": "iam:ListUserTags",
        "d-tag": "iam:TagUser",
        "e-create": "iam:CreateAccessKey",
        "f-store": "secretsmanager:PutSecretValue",
        "g-last-use": "iam:GetAccessKeyLastUsed",
    }
    conflict = user("a-conflict", key(120, None), key(95))
    others = [f"z-{number}" for number in range(8)]
    users = [conflict, overdue("a-full"), *map(overdue, troubles), *map(overdue, others)]
    with organization(account(A, *users)) as sandbox:
        rules = [{"action": action, "target": name, "fault": "denied", "times": -1} for name, action in troubles.items()]
        # Of this one GetAccessKeyLastUsed tells no name.
        rules[-1]["target"] = keys(sandbox.state(), A, "g-last-use")[0]["id"]
        sandbox.faults(rules=rules)
        # A second key that ListAccessKeys does not show yet: CreateAccessKey is refused with LimitExceeded.
        sandbox.edit("set_quirks", quirks={"key_list_lag": "1h"})
        sandbox.edit("create_key", account=A, user="a-full")
        job = DailyJob(sandbox, tmp_path)
        before = {one["name"]: job.keys(one["name"]) for one in users}
        mail = job(code=4)
        assert "LimitExceeded" in mail
        assert {call["action"] for call in sandbox.calls()["log"] if call["fault"] == "denied"} == {*troubles.values()}
        made = {*others, "g-last-use"}  # for a new key it does not matter when the old one was used
        assert {one["name"]: job.keys(one["name"]) for one in users} == {
            name: letters + "A" if name in made else letters for name, letters in before.items()
        }
        for one in users:
            assert f"User {one['name']} in" in mail


@pytest.mark.parametrize("fault", ["denied", "error_before"])
def test_defect_09_a_group_that_cannot_be_read_exempts_everybody(tmp_path, fault):
    """The sample takes any error of GetGroup for a group that does not exist and rotates its members."""
    member = overdue("alice", groups=[EXEMPT])
    with organization(account(A, member, overdue("bob")), account(B, member)) as sandbox:
        job = DailyJob(sandbox, tmp_path, users={"exempt_group": EXEMPT})
        before = sandbox.state_bytes()
        sandbox.faults(rules=[{"action": "iam:GetGroup", "fault": fault, "times": -1}])
        job(code=4)
        assert sandbox.state_bytes() == before
        assert job.result.summary["users_unreadable"] == 3 and "could not be read" in job.result.stdout
        sandbox.faults(rules=[])
        job()
        assert job.keys("bob") == "AA" and job.made() == 1


def test_defect_09_a_throttled_group_is_asked_for_again(tmp_path):
    """The sample takes throttling of GetGroup for a group that does not exist and rotates its members."""
    with organization(account(A, overdue("alice", groups=[EXEMPT]), overdue("bob"))) as sandbox:
        job = DailyJob(sandbox, tmp_path, users={"exempt_group": EXEMPT})
        sandbox.faults(rules=[{"action": "iam:GetGroup", "fault": "throttle", "times": 2}])
        job()
        assert (job.keys("alice"), job.keys("bob"), job.result.summary["api_throttled"]) == ("A", "AA", 2)


@pytest.mark.parametrize("members, quirks", [(120, {}), (520, {"short_iam_pages": True})])
def test_defect_09_every_member_of_a_large_group_is_exempt(tmp_path, members, quirks):
    """The sample reads the first hundred members of the exemption group and rotates the others."""
    others = [{"name": f"member-{number:03}", "groups": [EXEMPT]} for number in range(members - 1)]
    last = overdue("member-last", groups=[EXEMPT])
    with organization(account(A, *others, last, overdue("outsider")), quirks=quirks) as sandbox:
        job = DailyJob(sandbox, tmp_path, users={"exempt_group": EXEMPT})
        job.live({0: "A", 30: "A"}, name="member-last")
        assert job.keys("outsider")[-1] == "A" and job.made() == 1


@pytest.mark.parametrize("users, quirks", [(120, {}), (520, {"short_iam_pages": True})])
def test_defect_11_the_last_of_many_users_is_rotated(tmp_path, users, quirks):
    """The sample reads the first hundred users of an account and never sees the others."""
    others = [{"name": f"user-{number:03}"} for number in range(users - 1)]
    with organization(account(A, *others, overdue("user-last")), quirks=quirks) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        mails = job.live({0: "AA", 10: "IA", 20: "-A"}, name="user-last")
        assert "User user-last in" in mails[0] and job.result.summary["users"] == users


# ---- security


@pytest.mark.parametrize("unused_keys", ["rotate", "retire"])
@pytest.mark.parametrize(
    "its_keys, days",
    [
        ([key(120, None, status="Inactive")], {0: "I", 9: "I", 10: "-", 11: "-", 100: "-"}),
        ([key(120, None, status="Inactive"), key(30)], {0: "IA", 9: "IA", 10: "-A", 11: "-A"}),
    ],
    ids=["only_key", "beside_a_used_key"],
)
def test_defect_12_disabled_access_does_not_come_back(tmp_path, its_keys, days, unused_keys):
    """The sample replaces an inactive key that was never used by a new active one."""
    with organization(account(A, user("alice", *its_keys))) as sandbox:
        job = DailyJob(sandbox, tmp_path, policy={"unused_keys": unused_keys})
        job.live(days, used=range(1, len(its_keys)))
        assert job.made() == 0


def test_defect_13_two_years_of_a_key_that_nobody_uses(tmp_path):
    """The sample makes a new key every 90 days for somebody who never used one: eight in two years."""
    retire = [{"match": {"id": B}, "policy": {"unused_keys": "retire"}}]
    unused = user("unused", key(80, None))
    with organization(account(A, user("alice", key(80)), unused), account(B, unused)) as sandbox:
        job = DailyJob(sandbox, tmp_path, accounts={"overrides": retire})
        made = {(A, "alice"): 0, (A, "unused"): 0, (B, "unused"): 0}
        told = ""
        for day in range(0, 730, 10):
            job.wait_until(day)
            newest = keys(sandbox.state(), A, "alice")[-1]
            sandbox.control("use", {"access_key_id": newest["id"]})
            told += job()
            for number, name in made:
                made[number, name] = len(job.keys(name, number)) - 1
            assert newest["status"] == "Active"
        # One attempt to give an unused key a successor, or none; whoever uses the keys gets one after the other.
        assert made == {(A, "alice"): 8, (A, "unused"): 1, (B, "unused"): 0}
        assert (job.keys("unused"), job.keys("unused", B)) == ("--", "-")
        for number in (A, B):
            assert f"User unused in account-{number} ({number}) The access key ending in" in told
        assert "was never used" in told


@pytest.mark.parametrize(
    "compromised, days, told",
    [
        (False, {0: "AA", 9: "AA", 10: "IA", 19: "IA", 20: "-A"}, "On that day the old key is switched off; on {} it is deleted."),
        (True, {0: "IA", 9: "IA", 10: "-A"}, "the old one is switched off already. It is deleted on {}."),
    ],
    ids=["forced", "compromised"],
)
def test_defect_15_a_leaked_key_does_not_live_on(tmp_path, compromised, days, told):
    """The sample's forced rotation leaves the leaked key active until its own day 90: for 85 days more."""
    with organization(account(A, user("alice", key(5)))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        (old,) = keys(sandbox.state(), A, "alice")
        assert job.keys() == "A"
        order = ["rotate", "--account", A, "--user", "alice", "--reason", "found in a log"]
        mail = job(*order, *(["--compromised", old["id"]] if compromised else []))
        assert job.keys() == days[0]
        assert "Found in a log" in mail and told.format(job.date(max(days))) in mail
        job.live(days, used=(0,))


# ---- does not do what it says


@pytest.mark.parametrize("paths", [True, False], ids=["paths", "no_paths"])
@pytest.mark.parametrize("by", ["configuration", "InventoryOU"])
def test_defect_24_an_organizational_unit_includes_those_below_it(tmp_path, paths, by):
    """The sample crashes on an organizational unit that has another one in it, before any account is looked at."""
    unit = "ou-ab12-11111111"
    units = [{"name": "Prod", "id": unit}, {"name": "Inner", "parent": "Prod"}, {"name": "Innermost", "parent": "Inner"}, {"name": "Other"}]
    homes = {A: "Prod", B: "Inner", C: "Innermost", D: "Other"}
    accounts = [account(number, overdue("alice"), ou=home) for number, home in homes.items()]
    with organization(*accounts, organizational_units=units, quirks={"account_paths": paths}) as sandbox:
        include = [{"ou": unit}] if by == "configuration" else []
        job = DailyJob(sandbox, tmp_path, accounts={"default": "opt-in", "include": include})
        job(**({} if include else {"InventoryOU": unit}))
        assert {number: job.keys(number=number) for number in homes} == {A: "AA", B: "AA", C: "AA", D: "A"}
        assert sorted(mail["to"][0] for mail in sandbox.mail()) == [f"{number}@example.org" for number in (A, B, C)]


@pytest.mark.parametrize(
    "quirks", [{}, {"account_status": False}, {"account_state": False}], ids=["both", "state_only", "status_only"]
)
def test_defect_25_accounts_are_known_by_state_or_by_status(tmp_path, quirks):
    """The sample reads Status, which AWS sends no longer, and fails before any account is looked at."""
    states = {A: "ACTIVE", B: "SUSPENDED", C: "PENDING_CLOSURE"}
    accounts = [account(number, overdue("alice"), state=state) for number, state in states.items()]
    with organization(*accounts, quirks=quirks) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        job()
        assert {number: job.keys(number=number) for number in states} == {A: "AA", B: "A", C: "A"}
        assert job.result.summary["uncovered"] == []


@pytest.mark.parametrize("accounts", [{"exclude": [{"id": B}]}, {"default": "opt-in", "include": [{"tag": {"keyward": "enabled"}}]}])
def test_defect_25_accounts_in_no_state_that_is_known_are_not_passed_over_in_silence(tmp_path, accounts):
    """The sample looks at no account any more when AWS takes a field away, and nobody is told."""
    quirks = {"account_status": False, "account_state": False}
    with organization(account(A, overdue("alice"), tags={"keyward": "enabled"}), account(B, overdue("alice")), quirks=quirks) as sandbox:
        job = DailyJob(sandbox, tmp_path, accounts=accounts)
        before = sandbox.state_bytes()
        job(code=4)
        assert sandbox.state_bytes() == before
        assert [one["account"] for one in job.result.summary["uncovered"]] == [A] and A in job.result.stdout


@pytest.mark.parametrize(
    "action, skip, fault",
    [
        ("ListAccounts", 1, "denied"),
        ("ListAccounts", 1, "truncate"),
        ("ListOrganizationalUnitsForParent", 1, "denied"),
        ("ListAccountsForParent", 1, "denied"),
        ("ListTagsForResource", 3, "denied"),
    ],
)
def test_defect_27_a_part_of_the_organization_is_not_the_organization(tmp_path, action, skip, fault):
    """The sample logs errors of AWS Organizations and takes the accounts that it got until then for all."""
    unit = "ou-ab12-11111111"
    accounts = [account(f"7{number:011}", ou="Prod", tags={"keyward": "enabled"}) for number in range(25)]
    accounts += [account(A, overdue("alice"), ou="Prod", tags={"keyward": "enabled"})]
    accounts += [account("9" * 12, overdue("alice"), ou="Prod", tags={"keyward": "enabled"})]
    rule = {"tag": {"keyward": "enabled"}} if action == "ListTagsForResource" else {"ou": unit}
    with organization(*accounts, organizational_units=[{"name": "Prod", "id": unit}], quirks={"account_paths": False}) as sandbox:
        job = DailyJob(sandbox, tmp_path, accounts={"default": "opt-in", "include": [rule]})
        before = sandbox.state_bytes()
        sandbox.faults(rules=[{"action": f"organizations:{action}", "skip": skip, "fault": fault, "times": -1}])
        assert job(code=5) == ""
        assert sandbox.state_bytes() == before and "the organization cannot be listed" in job.result.stderr
        assert fault in [call["fault"] for call in sandbox.calls()["log"]]
        sandbox.faults(rules=[])
        job()
        assert (job.keys(), job.keys(number="9" * 12), job.result.summary["accounts_covered"]) == ("AA", "AA", 27)


def test_defect_27_an_empty_page_is_not_the_end_of_the_organization(tmp_path):
    """The sample's list of accounts may lack some of them, and it does not notice."""
    accounts = [account(f"7{number:011}") for number in range(25)]
    with organization(*accounts, account("9" * 12, overdue("alice")), quirks={"empty_account_page": True}) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        job()
        assert (job.keys(number="9" * 12), job.result.summary["accounts_covered"]) == ("AA", 26)


def test_defect_28_the_user_reads_the_secret_in_the_central_store_and_nobody_else_does(tmp_path):
    """The sample's central secrets have a key that other accounts cannot use, and its policy names a secret that is not there."""
    arn = f"arn:aws:secretsmanager:*:{HUB_ACCOUNT}:secret:{SECRET}-??????"
    reads = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn},
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": f"arn:aws:kms:*:{HUB_ACCOUNT}:key/*"},
        ],
    }
    users = [user("alice", key(95), policies={"reads": reads}), user("bob", key(10), policies={"all": ALL})]
    with organization(account(A, *users), account(B, user("eve", key(10), policies={"all": ALL}))) as sandbox:
        job = DailyJob(sandbox, tmp_path, store={**CENTRAL, "replica_regions": ["eu-central-1"]})
        mail = job()
        assert_rotated(sandbox.state(), A, "alice")
        assert sandbox.state()["accounts"][A]["secrets"] == []
        (secret,) = sandbox.state()["accounts"][HUB_ACCOUNT]["secrets"]
        assert secret["arn"] in mail
        replica = secret["arn"].replace("us-east-1", "eu-central-1")
        old, new = keys(sandbox.state(), A, "alice")
        value = {"AccessKey": new["id"], "SecretKey": new["secret"]}
        for one in (old, new):
            credentials = (one["id"], one["secret"])
            assert read(sandbox, credentials, secret["arn"]) == value
            assert read(sandbox, credentials, replica, "eu-central-1") == value
        strangers = [sandbox.user_credentials(A, "bob"), sandbox.user_credentials(B, "eve"), sandbox.member_admin(A), sandbox.admin(), None]
        for credentials in strangers:
            assert read(sandbox, credentials, secret["arn"]) == "AccessDeniedException"
        # And after the next one: nothing is left to be done by hand.
        job.wait_until(10)
        job()
        assert read(sandbox, (old["id"], old["secret"]), secret["arn"]) == "UnrecognizedClientException"
        assert read(sandbox, (new["id"], new["secret"]), secret["arn"]) == value


def test_defect_28_a_central_secret_that_nobody_could_read_is_refused_before_a_key_is_made(tmp_path):
    """The sample makes central secrets with the default key, which cannot be used from another account."""
    left_by_the_sample = {"name": SECRET, "region": "us-east-1", "value": "{}"}
    hub = {"management": True, "secrets": [left_by_the_sample]}
    with organization(hub, account(A, overdue("alice"))) as sandbox:
        job = DailyJob(sandbox, tmp_path, store=CENTRAL)
        for day in (0, 7):
            job.wait_until(day)
            mail = job(code=4)
            assert job.keys() == "A" and job.made() == 0
            assert ("SecretHasDefaultKey" in mail) == (day == 0)
        with sandbox.signing_with_its_clock():
            sandbox.client("secretsmanager", sandbox.admin()).delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
        job.live({8: "AA", 17: "AA", 18: "IA"})


def test_defect_30_a_user_with_a_comma_in_the_name_gets_a_secret(tmp_path):
    """The sample makes the key and then a secret of the user's name, which may not hold a comma: the key is lost."""
    name = "smith,john"
    with organization(account(A, overdue(name))) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        (mail, *_) = job.live({0: "AA", 9: "AA", 10: "IA", 20: "-A"}, name=name).values()
        (secret,) = sandbox.state()["accounts"][A]["secrets"]
        (new,) = keys(sandbox.state(), A, name)
        value = {"AccessKey": new["id"], "SecretKey": new["secret"]}
        assert secret["arn"] in mail
        assert read(sandbox, (new["id"], new["secret"]), secret["arn"]) == value


def test_defect_30_a_secret_that_is_being_deleted_is_seen_before_a_key_is_made(tmp_path):
    """The sample makes the key and then finds that its secret is scheduled for deletion: the key is lost."""
    secret = {"name": SECRET, "region": "us-east-1", "value": "{}", "deleted": True}
    with organization(account(A, overdue("alice"), secrets=[secret])) as sandbox:
        job = DailyJob(sandbox, tmp_path)
        for day in (0, 7, 8):
            job.wait_until(day)
            mail = job(code=4)
            assert job.keys() == "A" and job.made() == 0
            assert ("SecretScheduledForDeletion" in mail) == (day == 0)
        command = f"aws secretsmanager restore-secret --secret-id {SECRET}"
        assert command in json.dumps(job.result.events)
        with sandbox.signing_with_its_clock():
            sandbox.client("secretsmanager", sandbox.member_admin(A)).restore_secret(SecretId=SECRET)
        job.live({9: "AA", 18: "AA", 19: "IA"})
