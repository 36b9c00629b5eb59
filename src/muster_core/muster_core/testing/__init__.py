"""Fakes that ship as product, for tests of Muster and of its plug-ins."""
