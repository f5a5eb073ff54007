from webkiln.fetching.politeness import Resting


def test_a_host_rests_until_the_latest_moment_it_asked_for():
    resting = Resting()
    assert resting.until("a.test") == 0
    resting.rest("a.test", 10.0)
    resting.rest("a.test", 5.0)
    assert resting.until("a.test") == 10.0
    assert resting.until("b.test") == 0


def test_it_knows_a_bounded_number_of_hosts():
    resting = Resting()
    for number in range(10_001):
        resting.rest(f"{number}.test", 1.0)
    assert resting.until("0.test") == 0
    assert resting.until("10000.test") == 1.0
