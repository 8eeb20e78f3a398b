"""Helpers to format text."""


def capital(text: str) -> str:
  """Capitalises the first letter of `text`, and leaves the rest."""
  return text[:1].upper() + text[1:]
