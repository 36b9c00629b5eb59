"""The policy node: decides with a policy that is loaded by name."""
