"""The processes of a simulated fleet: production's cores in shells that can be killed anywhere."""
