"""The crash matrix as a test: a thinned selection, or all of it with --full. See crash_matrix.py."""

import crash_matrix
import pytest
import scenarios


@pytest.mark.parametrize("scenario", scenarios.SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_key_is_lost(scenario, seed, full, keep_trials):
    matrices = list(crash_matrix.MATRICES)
    trials = crash_matrix.run_matrix([scenario], matrices, full, seed, crash_matrix.default_jobs())
    keep_trials(trials)
    assert trials
    failed = [trial for trial in trials if trial.failures]
    if failed:
        pytest.fail(crash_matrix.complaints(failed, seed), pytrace=False)


@pytest.mark.full
def test_the_full_matrix_has_as_many_points_as_promised(pytestconfig):
    of = {name: [t for t in pytestconfig.crash_trials if t.point.matrix == name] for name in crash_matrix.MATRICES}
    assert len(of["kills"]) >= 1500
    assert len(of["orders"]) >= 500
