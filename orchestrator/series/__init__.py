"""Commits, from wherever they come: a range, a branch, an mbox. The user's own repository is only ever read."""
