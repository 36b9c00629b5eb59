"""What the nodes share of ROS 2: lifecycle shell, channels, QoS, conversions, parameters."""
