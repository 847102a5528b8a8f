"""The command line: arguments, the live display, exit statuses. The one place that prints and exits."""
