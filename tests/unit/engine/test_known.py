from webkiln.engine.known import Known


def test_it_knows_what_it_was_told_of_each_job():
    known = Known()
    known.add("a", [1, 2])
    known.add("a", [2, 3])
    assert set(known.of("a")) == {1, 2, 3}
    assert not known.of("b")


def test_it_forgets_the_jobs_heard_of_longest_ago_when_there_is_no_room():
    known = Known(most=5)
    known.add("a", [1, 2])
    known.add("b", [1, 2])
    known.add("a", [3])
    known.add("c", [1])
    assert not known.of("b")
    assert set(known.of("a")) == {1, 2, 3}
    known.add("d", range(100))
    assert not known.of("a")
    known.add("d", [7])
    assert set(known.of("d")) <= {7}
