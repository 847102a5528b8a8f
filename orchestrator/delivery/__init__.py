"""Hands finished mails to a server or a program, as the operator's git configuration says. Decides nothing."""
