"""Pure: results -> what they mean. Which patch brought each diagnostic, which took it away, and what cannot be told."""
