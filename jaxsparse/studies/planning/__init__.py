"""From a study to its members, and what is to be done about each."""
