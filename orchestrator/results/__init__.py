"""What a (tree, recipe) gave, and the history of runs, on disk. `store` is the only module that imports sqlite3."""
