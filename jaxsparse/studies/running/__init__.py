"""The members of a study: scheduled, trained, analysed."""
