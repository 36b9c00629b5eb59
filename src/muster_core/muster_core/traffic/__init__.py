"""Traffic: who may drive where next, so that robots neither collide nor lock each other in."""
