"""Owners hear of everything once, in time, although runs are missed and killed and SES refuses mail: the table, and that the
table tells when they do not."""

import collections
import dataclasses

import pytest

from owners_hear_111_days import DAYS, KILLED_EVERY, MISSED_EVERY, REFUSED_EVERY, SEED, SENTENCES, USERS, Life, live


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    return live(tmp_path_factory.mktemp("life"), SEED)


def test_every_notice_is_delivered_once_or_twice_and_in_time(life, show):
    show(f"KEYWARD_SEED={SEED}\n{life.table()}")
    assert life.wrong() == []

    # It was as bad as it claims to have been.
    fates = collections.Counter(run.fate for run in life.runs)
    assert (fates["missed"], fates["killed"]) == ((DAYS - 1) // MISSED_EVERY, (DAYS - 1) // KILLED_EVERY)
    assert sum(run.refusals for run in life.runs) >= sum(run.calls for run in life.runs) // REFUSED_EVERY - fates["killed"]
    heard_of = collections.defaultdict(set)
    for run in life.runs:
        for said in run.said:
            heard_of[said.user].add(said.kind)
    assert len(heard_of) == USERS
    assert sum(kinds == set(SENTENCES) for kinds in heard_of.values()) > USERS * 3 // 4
    assert len({said.recipient for run in life.runs for said in run.said}) == 7


def tampered(life, change):
    """What the table makes of the same days when one notice, which was told once and at once, was told otherwise."""
    in_time = (n for n in life.notices if n.about.kind == "switched off" and n.told == [n.first] and 1 <= n.first < DAYS - 20)
    notice = next(in_time)
    runs = [dataclasses.replace(run, said=[said for said in run.said if said != notice.about]) for run in life.runs]
    change(runs, notice.first, notice.about)
    return Life(life.people, runs).rows()["together"]


def test_the_table_tells_of_a_notice_that_is_lost_late_repeated_or_out_of_place(life):
    def told_on(*later):
        def change(runs, number, said):
            for days in later:
                runs[number + days].said.append(said)

        return change

    before = life.rows()["together"]
    assert tampered(life, told_on(0)) == before
    assert tampered(life, told_on())["lost"] == 1
    assert tampered(life, told_on(0, 1, 2))["more"] == 1
    assert tampered(life, told_on(20))["late"] == 1
    assert tampered(life, told_on(-1, 0))["unexpected"] == 1
