"""Named failures. Their messages are in French: they are read by the people who prepare the exports."""


class OptimediaError(Exception):
    """A failure with a message for its reader: what was expected, what came, where, and what to do."""


class SettingsError(OptimediaError):
    """A setting, a territory or an export record that can't be understood."""


class UnreadableFileError(OptimediaError):
    """A file that can't be read as an export."""


class PersonalDataError(OptimediaError):
    """A declared column that holds phone numbers, e-mail addresses or named persons."""


class ContractError(OptimediaError):
    """A built table that breaks its contract."""


class BuildInProgressError(OptimediaError):
    """Another build holds the warehouse."""
