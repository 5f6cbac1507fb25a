"""Lots that were called back."""
