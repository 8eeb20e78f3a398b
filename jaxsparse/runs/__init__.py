"""One run: built, started, trained, resumed, evaluated, summarised."""
