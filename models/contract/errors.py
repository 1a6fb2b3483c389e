"""Errors whose text is shown to the musician as it is."""


class ExtempoError(Exception):
    """Something that the user can mend; its text is one sentence that says what is wrong and what to do."""


class ArtifactError(ExtempoError):
    """An artifact that cannot be played: truncated, lying, hostile or of another format."""
