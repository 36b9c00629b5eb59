"""The agent node: speaks for one robot, moves it through a driver."""
