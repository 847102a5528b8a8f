"""Images and hardened containers. `engine` is the only module that imports docker."""
