"""The scheduler's core: decides nothing, records and enforces everything."""
