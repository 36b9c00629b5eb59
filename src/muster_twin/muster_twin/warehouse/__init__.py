"""The headless twin: a site with robots, production's cores, and a virtual clock."""
