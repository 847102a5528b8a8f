"""Lanes in containers on this machine. asyncio and threads live here and nowhere lower."""
