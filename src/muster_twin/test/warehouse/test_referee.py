from muster_twin.warehouse.referee import COLLISIONS_KEPT_MAX, Referee


def test_two_robots_on_one_vertex_collide():
    referee = Referee()
    referee.stand("r1", "a", 0.0)
    referee.stand("r2", "a", 1.5)
    assert str(referee.collisions[0]) == "r1 and r2 are both at a at 1.50 s"


def test_robots_that_swap_along_an_edge_collide():
    referee = Referee()
    referee.stand("r1", "a", 0.0)
    referee.stand("r2", "b", 0.0)
    referee.depart("r1", "b", 1.0)
    referee.depart("r2", "a", 1.0)
    assert referee.collisions_total == 2


def test_robot_that_follows_before_the_other_is_gone_collides():
    referee = Referee()
    referee.stand("r1", "b", 0.0)
    referee.stand("r2", "a", 0.0)
    referee.depart("r1", "c", 1.0)
    referee.depart("r2", "b", 1.5)
    assert referee.collisions_total == 1


def test_robot_that_follows_when_the_other_is_gone_does_not():
    referee = Referee()
    referee.stand("r1", "b", 0.0)
    referee.stand("r2", "a", 0.0)
    referee.depart("r1", "c", 1.0)
    referee.arrive("r1", "b")
    referee.depart("r2", "b", 2.0)
    assert referee.collisions_total == 0
    assert referee.moves == 1


def test_collisions_are_counted_beyond_those_that_are_kept():
    referee = Referee()
    referee.stand("r0", "a", 0.0)
    for number in range(COLLISIONS_KEPT_MAX + 5):
        referee.stand(f"r{number + 1}", "a", 0.0)
    assert len(referee.collisions) == COLLISIONS_KEPT_MAX
    assert referee.collisions_total == COLLISIONS_KEPT_MAX + 5
