"""What git inherits."""

from orchestrator.series.git import clean_environment


def test_nothing_of_the_caller_leads_git_elsewhere() -> None:
    """GIT_DIR of a hook, an askpass or trace variables are gone; PATH stays; user and system settings are not read."""
    given = {"GIT_DIR": "/x", "GIT_INDEX_FILE": "i", "GIT_SSH_COMMAND": "evil", "GIT_EXEC_PATH": "/opt", "PATH": "/bin"}
    clean = clean_environment(given)
    assert not {"GIT_DIR", "GIT_INDEX_FILE", "GIT_SSH_COMMAND"} & clean.keys()
    assert clean["PATH"] == "/bin"
    assert clean["GIT_EXEC_PATH"] == "/opt"
    assert clean["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert clean["LC_ALL"] == "C"
