"""Policies: what an order means as tasks, and who should do them."""
